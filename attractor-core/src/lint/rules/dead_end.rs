//! `dead_end`: only the exit has nothing after it.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct DeadEnd;

impl LintRule for DeadEnd {
    fn name(&self) -> &str {
        "dead_end"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            if graph.resolved_type(node) != "exit" && graph.outgoing(node.id()).next().is_none() {
                let message = format!(
                    "the run ends at `{}`, which has no edge to go on",
                    node.id()
                );
                let found = Diagnostic::warning(self.name(), message).at_node(node);
                diagnostics.push(found.fix("add an edge to the next node, or to the exit"));
            }
        }
    }
}

//! `exit_no_outgoing`: nothing comes after the exit.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct ExitNoOutgoing;

impl LintRule for ExitNoOutgoing {
    fn name(&self) -> &str {
        "exit_no_outgoing"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for edge in graph.exits().flat_map(|exit| graph.outgoing(exit.id())) {
            let message = format!("an edge leaves the exit node `{}`", edge.from());
            let found = Diagnostic::error(self.name(), message).at_edge(edge);
            diagnostics.push(found.fix("remove it, or put a node before the exit"));
        }
    }
}

//! `reachability`: every node can be reached from the start, along edges or by a retry target.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct Reachability;

impl LintRule for Reachability {
    fn name(&self) -> &str {
        "reachability"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        // Without a start nothing is reachable, and `start_node` says so.
        let Some(start) = graph.start() else { return };
        let reached = graph.reachable_from_start();
        for (node, _) in graph
            .nodes()
            .iter()
            .zip(reached)
            .filter(|(_, reached)| !reached)
        {
            let (id, start) = (node.id(), start.id());
            let message = format!("node `{id}` can't be reached from `{start}`");
            let found = Diagnostic::error(self.name(), message).at_node(node);
            diagnostics.push(found.fix(format!("add an edge to `{id}`, or remove the node")));
        }
    }
}

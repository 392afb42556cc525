//! `exit_reachable`: from every node there is a way to the exit.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct ExitReachable;

impl LintRule for ExitReachable {
    fn name(&self) -> &str {
        "exit_reachable"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        // Without an exit nothing leads there, and `terminal_node` says so.
        let Some(exit) = graph.exit() else { return };
        let reaching = graph.reaching_exit();
        for (node, _) in graph
            .nodes()
            .iter()
            .zip(reaching)
            .filter(|(_, reaches)| !reaches)
        {
            // A node without edges is a dead end, which is its own finding.
            if graph.outgoing(node.id()).next().is_some() {
                let message = format!("there is no way from `{}` to `{}`", node.id(), exit.id());
                let found = Diagnostic::warning(self.name(), message).at_node(node);
                diagnostics.push(found.fix("add an edge that leads to the exit"));
            }
        }
    }
}

//! `start_no_incoming`: nothing leads back to the start.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct StartNoIncoming;

impl LintRule for StartNoIncoming {
    fn name(&self) -> &str {
        "start_no_incoming"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for edge in graph.starts().flat_map(|start| graph.incoming(start.id())) {
            let message = format!("an edge leads to the start node `{}`", edge.to());
            let found = Diagnostic::error(self.name(), message).at_edge(edge);
            diagnostics.push(found.fix("lead it to the node after the start"));
        }
    }
}

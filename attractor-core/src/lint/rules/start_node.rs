//! `start_node`: a pipeline begins in exactly one place.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct StartNode;

impl LintRule for StartNode {
    fn name(&self) -> &str {
        "start_node"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let Some(first) = graph.start() else {
            let found = Diagnostic::error(self.name(), "the pipeline has no start node");
            let fix = "add `start [shape=Mdiamond]`";
            return diagnostics.push(found.at(graph.span()).fix(fix));
        };
        for node in graph.starts().skip(1) {
            let message = format!(
                "`{}` is a second start node; `{}` is one",
                node.id(),
                first.id()
            );
            let found = Diagnostic::error(self.name(), message).at_node(node);
            diagnostics.push(found.fix("keep one node with `shape=Mdiamond`"));
        }
    }
}

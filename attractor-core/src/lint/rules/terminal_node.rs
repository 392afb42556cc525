//! `terminal_node`: a pipeline ends in exactly one place.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct TerminalNode;

impl LintRule for TerminalNode {
    fn name(&self) -> &str {
        "terminal_node"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let Some(first) = graph.exit() else {
            let found = Diagnostic::error(self.name(), "the pipeline has no exit node");
            return diagnostics.push(found.at(graph.span()).fix("add `exit [shape=Msquare]`"));
        };
        for node in graph.exits().skip(1) {
            let message = format!(
                "`{}` is a second exit node; `{}` is one",
                node.id(),
                first.id()
            );
            let found = Diagnostic::error(self.name(), message).at_node(node);
            diagnostics.push(found.fix("keep one node with `shape=Msquare`"));
        }
    }
}

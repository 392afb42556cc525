//! `terminal_node`: a pipeline ends in exactly one place.

use crate::graph::{Graph, Node};
use crate::lint::{Diagnostic, Edit, LintRule};

#[derive(Debug)]
pub(super) struct TerminalNode;

impl LintRule for TerminalNode {
    fn name(&self) -> &str {
        "terminal_node"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let Some(first) = graph.exit() else {
            let found = Diagnostic::error(self.name(), "the pipeline has no exit node");
            let mut found = found.at(graph.span()).fix("add `exit [shape=Msquare]`");
            found.edits.extend(declaration(graph));
            return diagnostics.push(found);
        };
        for node in graph.exits().skip(1) {
            let message = format!(
                "`{}` is a second exit node; `{}` is one",
                node.id(),
                first.id()
            );
            let found = Diagnostic::error(self.name(), message).at_node(node);
            diagnostics.push(found.fix("keep one node with the shape Msquare"));
        }
    }
}

/// An exit node, with an edge from the node that has nothing after it if there is one such.
fn declaration(graph: &Graph) -> Option<Edit> {
    let last = |node: &&Node| graph.outgoing(node.id()).next().is_none();
    let mut last = graph.nodes().iter().filter(last);
    let edge = match (last.next(), last.next()) {
        (Some(only), None) => format!("; {} -> exit", only.id()),
        _ => String::new(),
    };
    graph.insertion(&format!("exit [shape=Msquare]{edge}"), true)
}

//! `start_node`: a pipeline begins in exactly one place.

use crate::graph::{Graph, Node};
use crate::lint::{Diagnostic, Edit, LintRule};

#[derive(Debug)]
pub(super) struct StartNode;

impl LintRule for StartNode {
    fn name(&self) -> &str {
        "start_node"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let Some(first) = graph.start() else {
            let found = Diagnostic::error(self.name(), "the pipeline has no start node");
            let mut found = found.at(graph.span()).fix("add `start [shape=Mdiamond]`");
            found.edits.extend(declaration(graph));
            return diagnostics.push(found);
        };
        for node in graph.starts().skip(1) {
            let message = format!(
                "`{}` is a second start node; `{}` is one",
                node.id(),
                first.id()
            );
            let found = Diagnostic::error(self.name(), message).at_node(node);
            diagnostics.push(found.fix("keep one node with the shape Mdiamond"));
        }
    }
}

/// A start node, with an edge to the node that nothing else leads to if there is one such.
fn declaration(graph: &Graph) -> Option<Edit> {
    let first = |node: &&Node| graph.incoming(node.id()).next().is_none();
    let mut first = graph.nodes().iter().filter(first);
    let edge = match (first.next(), first.next()) {
        (Some(only), None) => format!("; start -> {}", only.id()),
        _ => String::new(),
    };
    graph.insertion(&format!("start [shape=Mdiamond]{edge}"), false)
}

//! `edge_target_exists`: edges connect declared nodes.

use crate::graph::{Graph, NodeId};
use crate::limits::MAX_SUGGESTIONS;
use crate::lint::{Diagnostic, LintRule, suggestion};

#[derive(Debug)]
pub(super) struct EdgeTargetExists;

impl LintRule for EdgeTargetExists {
    fn name(&self) -> &str {
        "edge_target_exists"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let mut looked_up = 0;
        let mut previous = None;
        for edge in graph.edges().iter().filter(|edge| !graph.connects(edge)) {
            let spans = edge.end_spans.map_or([None; 2], |spans| spans.map(Some));
            for (id, span) in [edge.from(), edge.to()].into_iter().zip(spans) {
                // In a chain an id is the end of one edge and the beginning of the next.
                let again = span.is_some() && span == previous;
                previous = span;
                if again || graph.node(id).is_some() {
                    continue;
                }
                looked_up += 1;
                let message = format!("node `{id}` isn't declared");
                let found = Diagnostic::error(self.name(), message)
                    .at(span)
                    .at_edge(edge);
                diagnostics.push(match similar(graph, id, looked_up) {
                    Some(known) => found.meant(span, id, known),
                    None => found.fix(format!("declare it: `{id} [label=\"...\"]`")),
                });
            }
        }
    }
}

fn similar<'a>(graph: &'a Graph, id: &NodeId, looked_up: usize) -> Option<&'a str> {
    let ids = graph.nodes().iter().map(|node| node.id().as_str());
    (looked_up <= MAX_SUGGESTIONS)
        .then(|| suggestion(id, ids))
        .flatten()
}

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
        for edge in graph.edges() {
            let ends = [edge.from(), edge.to()];
            for id in ends.into_iter().filter(|id| graph.node(id).is_none()) {
                looked_up += 1;
                let message = format!("node `{id}` isn't declared");
                let found = Diagnostic::error(self.name(), message).at_edge(edge);
                diagnostics.push(found.fix(fix(graph, id, looked_up)));
            }
        }
    }
}

fn fix(graph: &Graph, id: &NodeId, looked_up: usize) -> String {
    let known = (looked_up <= MAX_SUGGESTIONS)
        .then(|| suggestion(id, graph.nodes().iter().map(|node| node.id().as_str())))
        .flatten();
    match known {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("declare it: `{id} [label=\"...\"]`"),
    }
}

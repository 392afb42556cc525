//! Which mode and which session a stage gets; pure.

use super::Fidelity;
use crate::handler::StageContext;

/// The mode of a stage: that of the edge to it, else of the node, else of the graph, else
/// `compact`. A mode that doesn't exist is passed over; a lint rule reports it.
///
/// Source: attractor-spec 5.4.
pub fn resolve_fidelity(stage: &StageContext) -> Fidelity {
    let edge = stage
        .incoming_edge()
        .and_then(|edge| edge.fidelity.as_deref());
    let node = stage.node().fidelity.as_deref();
    let graph = stage.graph().attrs().default_fidelity.as_deref();
    let named = [edge, node, graph].into_iter().flatten();
    named
        .filter_map(|name| name.parse().ok())
        .next()
        .unwrap_or_default()
}

/// The session of a stage under `full` fidelity: that of the node, else of the edge to it, else
/// of the graph, else that of the enclosing subgraph's class, else that of the previous node.
///
/// Source: attractor-spec 5.4.
pub fn resolve_thread(stage: &StageContext) -> String {
    let node = stage.node();
    let named = [
        node.thread_id.as_deref(),
        stage
            .incoming_edge()
            .and_then(|edge| edge.thread_id.as_deref()),
        stage.graph().attrs().thread_id.as_deref(),
        node.subgraph_class.as_deref(),
        stage.previous_node().map(|previous| previous.as_str()),
    ];
    named
        .into_iter()
        .flatten()
        .next()
        .unwrap_or(node.id().as_str())
        .to_owned()
}

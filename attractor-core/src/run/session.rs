//! Which nodes have a model session, and so spend what models may use; pure.

use crate::graph::{Graph, NodeId};

use super::budget::Limit;
use super::parallel::{FAN_IN, PARALLEL};

/// Types of nodes that have no model session, so that a resume is still to be felt after them.
const WITHOUT_SESSION: [&str; 6] = [
    "start",
    "exit",
    "conditional",
    "tool",
    "wait.human",
    PARALLEL,
];

/// Whether a node may ask a model.
pub(super) fn asks_model(graph: &Graph, node: &NodeId) -> bool {
    graph.node(node).is_some_and(|node| {
        let kind = graph.resolved_type(node);
        let asks = kind != FAN_IN || !node.prompt.is_empty();
        asks && !WITHOUT_SESSION.contains(&kind)
    })
}

/// The limits that stand against an attempt at a node that isn't the exit: those of visits only
/// if the visit hasn't begun.
pub(super) fn limits_of(graph: &Graph, node: &NodeId, begun: bool) -> &'static [Limit] {
    use Limit::{MaxCost, MaxDuration, MaxSteps, MaxTokens};
    match (asks_model(graph, node), begun) {
        (true, true) => Limit::OF_MODEL_CALLS,
        (true, false) => &[MaxSteps, MaxCost, MaxTokens, MaxDuration],
        (false, true) => &[MaxDuration],
        (false, false) => Limit::OF_STAGES,
    }
}

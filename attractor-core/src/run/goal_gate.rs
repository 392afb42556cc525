//! Whether a run may end; pure.

use crate::graph::{Graph, NodeId};

use super::failure::existing;
use super::history::History;

/// The first of the nodes with a goal gate that was executed and hasn't succeeded.
///
/// Source: attractor-spec 3.4.
pub(super) fn unsatisfied<'a>(gates: &'a [NodeId], history: &History) -> Option<&'a NodeId> {
    gates.iter().find(|gate| {
        history
            .outcome(gate)
            .is_some_and(|outcome| !outcome.status.is_success())
    })
}

/// Where to go on because of an unsatisfied gate: the node's targets, then the graph's.
pub(super) fn retry_target(graph: &Graph, gate: &NodeId) -> Option<NodeId> {
    let node = graph.node(gate)?;
    let attrs = graph.attrs();
    [
        &node.retry_target,
        &node.fallback_retry_target,
        &attrs.retry_target,
        &attrs.fallback_retry_target,
    ]
    .into_iter()
    .find_map(|target| existing(graph, target.as_deref()))
}

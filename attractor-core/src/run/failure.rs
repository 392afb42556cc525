//! Where a run goes on after a stage has failed for good; pure.

use crate::graph::{Edge, Graph, Node, NodeId};
use crate::run::rule::{EdgeRule, JumpReason};
use crate::state::{Context, Outcome};

use super::parallel::PARALLEL;
use super::select_edge::{best_matching_condition, heaviest};

/// The way on after a failure.
#[derive(Debug)]
pub(super) enum FailureRoute<'a> {
    Edge(&'a Edge, EdgeRule),
    Jump(NodeId, JumpReason),
    None,
}

/// The way on after `node` failed: the best edge whose condition holds, then an unconditional
/// edge to a conditional node, then the node's retry targets.
///
/// A failure never goes on along any other unconditional edge.
///
/// Source: attractor-spec 3.7.
pub(super) fn route_failure<'a>(
    graph: &Graph,
    node: &Node,
    edges: &[&'a Edge],
    outcome: &Outcome,
    context: &Context,
) -> FailureRoute<'a> {
    if let Some(edge) = best_matching_condition(edges, outcome, context) {
        return FailureRoute::Edge(edge, EdgeRule::Condition);
    }
    let to_conditional: Vec<_> = edges
        .iter()
        .copied()
        .filter(|edge| edge.condition.is_none() && is_conditional(graph, edge.to()))
        // Those of a parallel node are its branches.
        .filter(|_| graph.resolved_type(node) != PARALLEL)
        .collect();
    if let Some((edge, _)) = heaviest(&to_conditional) {
        return FailureRoute::Edge(edge, EdgeRule::FailureToConditional);
    }
    let targets = [
        (&node.retry_target, JumpReason::RetryTarget),
        (&node.fallback_retry_target, JumpReason::FallbackRetryTarget),
    ];
    for (target, reason) in targets {
        if let Some(target) = existing(graph, target.as_deref()) {
            return FailureRoute::Jump(target, reason);
        }
    }
    FailureRoute::None
}

/// Whether a node only routes, so that the outcome before it decides.
pub(super) fn is_conditional(graph: &Graph, node: &NodeId) -> bool {
    kind(graph, node) == Some("conditional")
}

/// The type of a node.
pub(super) fn kind<'a>(graph: &'a Graph, node: &NodeId) -> Option<&'a str> {
    graph.node(node).map(|node| graph.resolved_type(node))
}

/// The node a target names, if there is one.
pub(super) fn existing(graph: &Graph, target: Option<&str>) -> Option<NodeId> {
    graph.node(target?).map(|node| node.id().clone())
}

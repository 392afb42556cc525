//! What a graph says about its runs, with defaults filled in; pure.

use crate::graph::{Graph, Node, NodeId};

use super::budget::BudgetLimits;
use super::limits::{MAX_GOAL_GATE_REDIRECTS, MAX_RESTARTS, MAX_STEPS};
use super::retry::{Backoff, RetryPolicy};

/// The limits of a graph's runs and its goal gates.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// What the graph's attributes allow the run to use.
    pub(super) budget: BudgetLimits,
    pub(super) max_steps: u64,
    pub(super) max_goal_gate_redirects: u32,
    pub(super) max_restarts: u32,
    /// Nodes with a goal gate in source order.
    pub(super) gates: Vec<NodeId>,
}

impl Settings {
    pub(super) fn of(graph: &Graph) -> Self {
        let attrs = graph.attrs();
        Self {
            budget: BudgetLimits::of(attrs),
            max_steps: attrs.max_steps.map_or(MAX_STEPS, u64::from),
            max_goal_gate_redirects: attrs
                .max_goal_gate_redirects
                .unwrap_or(MAX_GOAL_GATE_REDIRECTS),
            max_restarts: attrs.max_restarts.unwrap_or(MAX_RESTARTS),
            gates: graph
                .nodes()
                .iter()
                .filter(|n| n.goal_gate)
                .map(|n| n.id().clone())
                .collect(),
        }
    }
}

/// How often a node is executed in one visit.
///
/// Only `max_retries` and `default_max_retries` ask for retries; the attribute `retry_policy`, of
/// the node or else of the graph, names the preset whose delays are used.
///
/// Source: attractor-spec 3.5.
pub(super) fn retry_policy(graph: &Graph, node: &Node) -> RetryPolicy {
    let retries = node
        .max_retries
        .or(graph.attrs().default_max_retries)
        .unwrap_or(0);
    let name = node
        .attr("retry_policy")
        .or_else(|| graph.attrs().attr("retry_policy"));
    let preset = name.and_then(|name| RetryPolicy::preset(name.as_str()?));
    let backoff = preset.map_or_else(Backoff::default, |preset| preset.backoff);
    RetryPolicy::new(retries.saturating_add(1), backoff)
}

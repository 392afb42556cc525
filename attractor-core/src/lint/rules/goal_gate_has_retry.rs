//! `goal_gate_has_retry`: a goal gate that isn't satisfied leads somewhere.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct GoalGateHasRetry;

impl LintRule for GoalGateHasRetry {
    fn name(&self) -> &str {
        "goal_gate_has_retry"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let attrs = graph.attrs();
        if attrs.retry_target.is_some() || attrs.fallback_retry_target.is_some() {
            return;
        }
        for node in graph.nodes().iter().filter(|node| node.goal_gate) {
            if node.retry_target.is_none() && node.fallback_retry_target.is_none() {
                let id = node.id();
                let message = format!("the run fails when goal gate `{id}` isn't satisfied");
                let found = Diagnostic::warning(self.name(), message);
                let found = found.at(node.attr_span("goal_gate")).at_node(node);
                diagnostics.push(found.fix("set `retry_target` to the node to go back to"));
            }
        }
    }
}

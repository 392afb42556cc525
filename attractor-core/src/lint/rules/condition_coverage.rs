//! `condition_coverage`: whatever a stage's outcome, there is an edge to take.
//!
//! A node whose edges all have conditions is checked by evaluating them for each outcome that a
//! stage can end with, every other key being unknown. What is reported has no way on for certain.

use crate::condition::Condition;
use crate::graph::{EdgeCondition, Graph, Node};
use crate::lint::{Diagnostic, LintRule};

/// The outcomes a stage can end with. `retry` is none: it becomes another attempt, and a failure
/// once there is none left.
const OUTCOMES: &[&str] = &["success", "partial_success", "fail"];

#[derive(Debug)]
pub(super) struct ConditionCoverage;

impl LintRule for ConditionCoverage {
    fn name(&self) -> &str {
        "condition_coverage"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        // The edges of a parallel node are its branches, not its ways on.
        let chooses = |node: &&Node| graph.resolved_type(node) != "parallel";
        for node in graph.nodes().iter().filter(chooses) {
            let edges = graph.outgoing(node.id());
            let conditions: Option<Vec<&Condition>> =
                edges.map(|edge| parsed(&edge.condition)).collect();
            // An edge without a condition covers all; one with a mistake is reported elsewhere.
            let Some(conditions) = conditions.filter(|conditions| !conditions.is_empty()) else {
                continue;
            };
            let open: Vec<&str> = OUTCOMES
                .iter()
                .copied()
                .filter(|outcome| possible(graph, node, outcome) && !covered(&conditions, outcome))
                .collect();
            if !open.is_empty() {
                let message = format!(
                    "no edge of `{}` can be taken on outcome {}",
                    node.id(),
                    open.join(", ")
                );
                let found = Diagnostic::warning(self.name(), message).at_node(node);
                diagnostics.push(found.fix("add an edge without a condition"));
            }
        }
    }
}

fn parsed(condition: &Option<EdgeCondition>) -> Option<&Condition> {
    condition
        .as_ref()
        .and_then(|condition| condition.parsed().ok())
}

/// Whether a stage at the node can end so, and has no other way on.
fn possible(graph: &Graph, node: &Node, outcome: &str) -> bool {
    let rescued = node.retry_target.is_some() || node.fallback_retry_target.is_some();
    match (graph.resolved_type(node), outcome) {
        ("start", _) => outcome == "success",
        (_, "fail") => !rescued,
        ("tool" | "wait.human", _) => outcome == "success",
        _ => true,
    }
}

fn covered(conditions: &[&Condition], outcome: &str) -> bool {
    let lookup = |key: &str| (key == "outcome").then(|| Some(outcome.to_owned()));
    conditions
        .iter()
        .any(|condition| condition.eval_known(lookup) != Some(false))
}

//! `join_policy_known`: a parallel node says when it's done in words that exist.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule, suggestion};
use crate::run::JoinPolicy;

#[derive(Debug)]
pub(super) struct JoinPolicyKnown;

impl LintRule for JoinPolicyKnown {
    fn name(&self) -> &str {
        "join_policy_known"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            let Some(policy) = node.attr("join_policy").map(ToString::to_string) else {
                continue;
            };
            if JoinPolicy::from_name(&policy).is_some() {
                continue;
            }
            let known = JoinPolicy::ALL.map(|row| row.0);
            let message = format!("node `{}` has no such join policy: `{policy}`", node.id());
            let found = Diagnostic::error(self.name(), message);
            let found = found.at(node.attr_span("join_policy")).at_node(node);
            diagnostics.push(match suggestion(&policy, known) {
                Some(known) => found.meant(node.attr_span("join_policy"), &policy, known),
                None => found.fix(format!("use one of {}", known.join(", "))),
            });
        }
    }
}

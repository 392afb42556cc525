//! `manager_actions_known`: a manager does what there is to do.

use crate::graph::Graph;
use crate::handler::manager_loop::settings::{ACTIONS, words};
use crate::lint::{Diagnostic, LintRule, suggestion};

/// The attribute that lists the parts of a cycle.
const NAME: &str = "manager.actions";

#[derive(Debug)]
pub(super) struct ManagerActionsKnown;

impl LintRule for ManagerActionsKnown {
    fn name(&self) -> &str {
        "manager_actions_known"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            let Some(text) = node.attr(NAME).map(ToString::to_string) else {
                continue;
            };
            let at = |found: Diagnostic| found.at(node.attr_span(NAME)).at_node(node);
            for word in words(&text).filter(|word| !ACTIONS.contains(word)) {
                let message = format!("a manager has no action `{word}`");
                let found = at(Diagnostic::error(self.name(), message));
                diagnostics.push(match suggestion(word, ACTIONS) {
                    Some(known) => found.fix(format!("did you mean `{known}`?")),
                    None => found.fix(format!("use some of {}", ACTIONS.join(", "))),
                });
            }
            let steers = words(&text).any(|word| word == "steer");
            if steers && node.prompt.is_empty() && node.attr("manager.steer_message").is_none() {
                let message = format!("manager `{}` steers with nothing to say", node.id());
                let found = at(Diagnostic::warning(self.name(), message));
                let fix =
                    "give it a `prompt`, so that a model decides, or a `manager.steer_message`";
                diagnostics.push(found.fix(fix));
            }
        }
    }
}

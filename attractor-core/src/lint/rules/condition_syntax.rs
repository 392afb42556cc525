//! `condition_syntax`: conditions are conditions.

use super::place_in_value;
use crate::condition::{Condition, ConditionError};
use crate::dot::Span;
use crate::graph::{AttrValue, Graph};
use crate::handler::manager_loop::settings::CONDITIONS;
use crate::lint::{Diagnostic, Edit, LintRule};

#[derive(Debug)]
pub(super) struct ConditionSyntax;

impl LintRule for ConditionSyntax {
    fn name(&self) -> &str {
        "condition_syntax"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for edge in graph.edges() {
            let Some(condition) = &edge.condition else {
                continue;
            };
            if let Err(error) = condition.parsed() {
                let found = self.found(error, condition.source(), edge.attr_span("condition"));
                diagnostics.push(found.at_edge(edge));
            }
        }
        for node in graph.nodes() {
            for name in CONDITIONS {
                let Some(source) = node.attr(name).and_then(AttrValue::as_str) else {
                    continue;
                };
                if let Err(error) = Condition::parse(source) {
                    let found = self.found(&error, source, node.attr_span(name));
                    diagnostics.push(found.at_node(node));
                }
            }
        }
    }
}

impl ConditionSyntax {
    fn found(&self, error: &ConditionError, source: &str, value: Option<Span>) -> Diagnostic {
        let message = format!("condition `{source}`: {error}");
        let place = place_in_value(value, source, error.span);
        let mut found = Diagnostic::error(self.name(), message).at(place);
        found.fix.clone_from(&error.hint);
        let exact = place.filter(|place| place.len() == error.span.len());
        if let (Some(place), Some(replacement)) = (exact, error.replacement) {
            found = found.edit(Edit::new(place, replacement));
        }
        found
    }
}

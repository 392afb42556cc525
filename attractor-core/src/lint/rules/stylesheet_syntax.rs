//! `stylesheet_syntax`: the model stylesheet is one.

use super::place_in_value;
use crate::graph::Graph;
use crate::lint::{Diagnostic, Edit, LintRule};
use crate::stylesheet::Stylesheet;

#[derive(Debug)]
pub(super) struct StylesheetSyntax;

impl LintRule for StylesheetSyntax {
    fn name(&self) -> &str {
        "stylesheet_syntax"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let source = &graph.attrs().model_stylesheet;
        let Err(error) = Stylesheet::parse(source) else {
            return;
        };
        let value = graph.attrs().attr_span("model_stylesheet");
        let place = place_in_value(value, source, error.span);
        let mut found =
            Diagnostic::error(self.name(), format!("model stylesheet: {error}")).at(place);
        found.fix = error.hint;
        let exact = place.filter(|place| place.len() == error.span.len());
        if let (Some(place), Some(replacement)) = (exact, error.replacement) {
            found = found.edit(Edit::new(place, replacement));
        }
        diagnostics.push(found);
    }
}

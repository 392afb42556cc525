//! `stylesheet_syntax`: the model stylesheet is one.

use super::place_in_value;
use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule};
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
        let found = Diagnostic::error(self.name(), format!("model stylesheet: {error}"))
            .at(place_in_value(value, source, error.span));
        diagnostics.push(match error.hint {
            Some(hint) => found.fix(hint),
            None => found,
        });
    }
}

//! `fidelity_valid`: fidelities are among the six modes.

use crate::dot::Span;
use crate::fidelity::Fidelity;
use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule, suggestion};

#[derive(Debug)]
pub(super) struct FidelityValid;

impl LintRule for FidelityValid {
    fn name(&self) -> &str {
        "fidelity_valid"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        let attrs = graph.attrs();
        let span = attrs.attr_span("default_fidelity");
        diagnostics.extend(self.check(attrs.default_fidelity.as_deref(), span));
        for node in graph.nodes() {
            let found = self.check(node.fidelity.as_deref(), node.attr_span("fidelity"));
            diagnostics.extend(found.map(|found| found.at_node(node)));
        }
        for edge in graph.edges() {
            let found = self.check(edge.fidelity.as_deref(), edge.attr_span("fidelity"));
            diagnostics.extend(found.map(|found| found.at_edge(edge)));
        }
    }
}

impl FidelityValid {
    fn check(&self, fidelity: Option<&str>, span: Option<Span>) -> Option<Diagnostic> {
        let modes = Fidelity::ALL.map(Fidelity::as_str);
        let fidelity = fidelity.filter(|fidelity| !modes.contains(fidelity))?;
        let message = format!("`{fidelity}` isn't a fidelity mode");
        let found = Diagnostic::warning(self.name(), message).at(span);
        Some(match suggestion(fidelity, modes) {
            Some(known) => found.meant(span, fidelity, known),
            None => found.fix(format!("choose one of {}", modes.join(", "))),
        })
    }
}

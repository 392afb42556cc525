//! Applies the model stylesheet.

use super::Transform;
use crate::graph::{AttrValue, Graph, Origin};
use crate::lint::Diagnostic;
use crate::stylesheet::Stylesheet;

/// Gives nodes the model, provider and reasoning effort that the stylesheet says, and what the
/// graph's own attributes say where the stylesheet is silent.
///
/// A value written on the node stays; one that the node inherits from a `node [...]` block is a
/// default, and gives way to the stylesheet. A stylesheet with a mistake does nothing: lint rule
/// `stylesheet_syntax` reports it.
///
/// Source: attractor-spec 8.5.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StylesheetTransform;

impl Transform for StylesheetTransform {
    fn name(&self) -> &str {
        "stylesheet"
    }

    fn apply(&self, mut graph: Graph, _diagnostics: &mut Vec<Diagnostic>) -> Graph {
        let sheet = Stylesheet::parse(&graph.attrs().model_stylesheet).unwrap_or_default();
        let span = graph.attrs().attr_span("model_stylesheet");
        let fallbacks = ["llm_model", "llm_provider", "reasoning_effort"].map(|name| {
            (
                name,
                graph.attrs().value(name),
                graph.attrs().attr_span(name),
            )
        });
        for node in graph.nodes_mut() {
            let said = sheet.properties(node);
            let said = [said.llm_model, said.llm_provider, said.reasoning_effort];
            for (value, (name, fallback, fallback_span)) in said.into_iter().zip(&fallbacks) {
                let origin = node.origin(name);
                match (value, fallback) {
                    (Some(value), _) if origin != Some(Origin::Explicit) => {
                        node.assign(
                            (*name).into(),
                            AttrValue::from(value),
                            Origin::Stylesheet,
                            span,
                        );
                    }
                    (None, Some(value)) if origin.is_none() => {
                        node.assign((*name).into(), value.clone(), Origin::Graph, *fallback_span);
                    }
                    _ => {}
                }
            }
        }
        graph
    }
}

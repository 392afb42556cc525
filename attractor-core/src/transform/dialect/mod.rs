//! Spellings of other implementations, turned into the specification's.

mod migrate;
mod table;

use std::collections::HashSet;

pub use migrate::{Migration, migrate};
pub(crate) use table::is_known;
use table::{attributes, outcome};

use super::Transform;
use crate::dot::Span;
use crate::graph::{AttrError, EdgeCondition, Element, Graph, Origin};
use crate::lint::Diagnostic;

/// Maps known spellings of attributes and of outcomes in conditions to the specification's, and
/// reports each place once.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DialectTransform;

impl Transform for DialectTransform {
    fn name(&self) -> &str {
        "dialect"
    }

    fn apply(&self, mut graph: Graph, diagnostics: &mut Vec<Diagnostic>) -> Graph {
        let mut report = Report {
            diagnostics,
            seen: HashSet::new(),
        };
        map_graph(&mut graph, &mut report);
        map_nodes(&mut graph, &mut report);
        map_conditions(&mut graph, &mut report);
        graph
    }
}

fn map_graph(graph: &mut Graph, report: &mut Report<'_>) {
    let attrs = graph.attrs_mut();
    for (spelling, name) in attributes(Element::Graph) {
        let taken = attrs.value(name).is_some();
        let Some((value, span)) = attrs.take_extra(spelling) else {
            continue;
        };
        match AttrError::check(Element::Graph, name, value) {
            Ok(_) if taken => report.ignored(spelling, name, span),
            Ok(value) => {
                attrs.assign(name.into(), value, span);
                report.mapped(spelling, name, span);
            }
            Err(error) => report.mistyped(&error, span),
        }
    }
}

fn map_nodes(graph: &mut Graph, report: &mut Report<'_>) {
    for node in graph.nodes_mut() {
        for (spelling, name) in attributes(Element::Node) {
            // What is written on the node beats what it inherits, whichever is spelled how.
            let taken = node.origin(name);
            let Some((value, origin, span)) = node.take_extra(spelling) else {
                continue;
            };
            match AttrError::check(Element::Node, name, value) {
                Ok(_) if taken.is_some_and(|taken| taken >= origin) => {
                    if taken == Some(Origin::Explicit) && origin == Origin::Explicit {
                        report.ignored(spelling, name, span);
                    }
                }
                Ok(value) => {
                    node.assign(name.into(), value, origin, span);
                    report.mapped(spelling, name, span);
                }
                Err(error) => report.mistyped(&error, span),
            }
        }
    }
}

fn map_conditions(graph: &mut Graph, report: &mut Report<'_>) {
    for edge in graph.edges_mut() {
        let Some(Ok(condition)) = edge.condition.as_ref().map(EdgeCondition::parsed) else {
            continue;
        };
        let Some(text) = condition.with_outcome_words(outcome) else {
            continue;
        };
        let before = condition.source().to_owned();
        let span = edge.attr_span("condition");
        edge.condition = EdgeCondition::new(&text);
        report.push(
            span,
            format!("condition `{before}` is read as `{text}`"),
            &text,
        );
    }
}

/// Says things once for each place: a default block reaches many nodes.
struct Report<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    seen: HashSet<Span>,
}

impl Report<'_> {
    fn mapped(&mut self, spelling: &str, name: &str, span: Option<Span>) {
        self.push(span, format!("`{spelling}` is read as `{name}`"), name);
    }

    fn ignored(&mut self, spelling: &str, name: &str, span: Option<Span>) {
        self.push(
            span,
            format!("`{spelling}` is ignored, since `{name}` is set"),
            name,
        );
    }

    fn mistyped(&mut self, error: &AttrError, span: Option<Span>) {
        if self.is_new(span) {
            let diagnostic = Diagnostic::error("attribute_type", error.to_string());
            self.diagnostics.push(diagnostic.at(span).fix(error.fix()));
        }
    }

    fn push(&mut self, span: Option<Span>, message: String, instead: &str) {
        if self.is_new(span) {
            let diagnostic = Diagnostic::info("dialect", message).at(span);
            self.diagnostics
                .push(diagnostic.fix(format!("write `{instead}`")));
        }
    }

    fn is_new(&mut self, span: Option<Span>) -> bool {
        span.is_none_or(|span| self.seen.insert(span))
    }
}

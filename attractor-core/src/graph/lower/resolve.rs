//! Attributes as written to attributes with a type, and what to say about odd ones.

use std::borrow::Cow;

use super::super::attrs::{Element, attribute_names, lookup};
use super::super::drawing::is_drawing_attribute;
use super::super::error::AttrError;
use super::super::value::AttrValue;
use super::Lowering;
use crate::dot::{Attr, AttrBlock, Span};
use crate::lint::{Diagnostic, Edit, suggestion};
use crate::transform::dialect;

/// An attribute whose value has the right type.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) name: Cow<'static, str>,
    pub(super) value: AttrValue,
    /// Bytes of the value as written.
    pub(super) size: usize,
    pub(super) span: Span,
}

impl Lowering {
    pub(super) fn resolve_optional(
        &mut self,
        element: Element,
        block: Option<&AttrBlock<'_>>,
    ) -> Vec<Resolved> {
        block
            .map(|block| self.resolve_block(element, block))
            .unwrap_or_default()
    }

    pub(super) fn resolve_block(
        &mut self,
        element: Element,
        block: &AttrBlock<'_>,
    ) -> Vec<Resolved> {
        self.report_comma(block);
        let mut resolved: Vec<Resolved> = Vec::with_capacity(block.attrs.len());
        for attr in &block.attrs {
            let Some(attr) = self.resolve(element, attr) else {
                continue;
            };
            match resolved
                .iter_mut()
                .find(|earlier| earlier.name == attr.name)
            {
                Some(earlier) => {
                    if earlier.value != attr.value {
                        self.diagnostics.push(repeated(&attr, "in one block"));
                    }
                    *earlier = attr;
                }
                None => resolved.push(attr),
            }
        }
        resolved
    }

    /// The attribute with its type; `None`, and a diagnostic, when the value has another.
    pub(super) fn resolve(&mut self, element: Element, attr: &Attr<'_>) -> Option<Resolved> {
        let (name, text) = (&*attr.name.text, &*attr.value.text());
        let known = lookup(element, name);
        let key = known.map_or_else(|| Cow::Owned(name.to_owned()), |row| Cow::Borrowed(row.0));
        let value = match known {
            Some((_, kind)) => match AttrError::read(kind, name, text) {
                Ok(value) => value,
                Err(error) => {
                    let diagnostic = Diagnostic::error("attribute_type", error.to_string());
                    let mut diagnostic = diagnostic.at(Some(attr.value.span)).fix(error.fix());
                    let edit = |value| Edit::new(attr.value.span, value);
                    diagnostic.edits.extend(error.meant().map(edit));
                    self.diagnostics.push(diagnostic);
                    return None;
                }
            },
            None => {
                self.report_unknown(element, attr);
                if attr.value.quoted {
                    AttrValue::from(text)
                } else {
                    AttrValue::from_bare(text)
                }
            }
        };
        Some(Resolved {
            name: key,
            value,
            size: text.len(),
            span: attr.value.span,
        })
    }

    /// Says once for a block that commas are missing.
    pub(super) fn report_comma(&mut self, block: &AttrBlock<'_>) {
        if let Some(first) = block.missing_commas.first() {
            let message = "attributes aren't separated by commas";
            let diagnostic = Diagnostic::info("attribute_separator", message);
            let mut diagnostic = diagnostic
                .at(Some(*first))
                .fix("put `,` between attributes");
            let last = block.attrs.last().map(|last| last.value.span.end);
            let comma = |place: &Span| {
                let needed = last.is_none_or(|last| place.start < last);
                Edit::new(*place, if needed { "," } else { "" })
            };
            diagnostic.edits = block.missing_commas.iter().map(comma).collect();
            self.diagnostics.push(diagnostic);
        }
    }

    /// An attribute of a subgraph means nothing, unless it is the label or for drawing.
    pub(super) fn report_in_subgraph(&mut self, attr: &Attr<'_>) {
        let name: &str = &attr.name.text;
        if name != "label" && !is_free(name) {
            let message = format!("`{name}` has no effect in a subgraph");
            let diagnostic = Diagnostic::warning("attribute_unknown", message);
            let fix = "set it on the graph, or on nodes with `node [...]`";
            self.diagnostics
                .push(diagnostic.at(Some(attr.name.span)).fix(fix));
        }
    }

    fn report_unknown(&mut self, element: Element, attr: &Attr<'_>) {
        let name: &str = &attr.name.text;
        if is_free(name) || dialect::is_known(element, name) {
            return;
        }
        let what = match element {
            Element::Graph => "the graph",
            Element::Node => "a node",
            Element::Edge => "an edge",
        };
        let message = format!("`{name}` isn't an attribute of {what}");
        let diagnostic = Diagnostic::warning("attribute_unknown", message);
        let diagnostic = diagnostic.at(Some(attr.name.span));
        self.diagnostics
            .push(match suggestion(name, attribute_names(element)) {
                Some(known) => diagnostic.meant(Some(attr.name.span), name, known),
                None => {
                    diagnostic.fix(format!("call it `x_{name}` if a handler of yours reads it"))
                }
            });
    }
}

/// A warning that a value replaces another one.
pub(super) fn repeated(attr: &Resolved, place: &str) -> Diagnostic {
    let message = format!("`{}` is set twice {place}; this value counts", attr.name);
    Diagnostic::warning("attribute_repeated", message)
        .at(Some(attr.span))
        .fix("remove one of the two")
}

/// Whether the language leaves the name to others: handlers, or Graphviz.
fn is_free(name: &str) -> bool {
    name.contains('.') || name.starts_with("x_") || is_drawing_attribute(name)
}

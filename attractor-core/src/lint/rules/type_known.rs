//! `type_known`: there is a handler for each type.

use std::collections::HashSet;

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule, suggestion};

#[derive(Debug)]
pub(super) struct TypeKnown {
    types: HashSet<String>,
}

impl TypeKnown {
    pub(super) fn new(types: &[String]) -> Self {
        Self {
            types: types.iter().cloned().collect(),
        }
    }
}

impl LintRule for TypeKnown {
    fn name(&self) -> &str {
        "type_known"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            let Some(kind) = node.handler_type.as_deref() else {
                continue;
            };
            if self.types.contains(kind) {
                continue;
            }
            let instead = node.shape.handler_type();
            let message = format!(
                "no handler has type `{kind}`; node `{}` gets `{instead}`",
                node.id()
            );
            let found = Diagnostic::warning(self.name(), message);
            let found = found.at(node.attr_span("type")).at_node(node);
            diagnostics.push(
                match suggestion(kind, self.types.iter().map(String::as_str)) {
                    Some(known) => found.meant(node.attr_span("type"), kind, known),
                    None => found.fix("register a handler for it, or remove `type`"),
                },
            );
        }
    }
}

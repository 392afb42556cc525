//! `child_mapping_syntax`: what a child run gets and gives back can be read.

use crate::graph::Graph;
use crate::handler::mapping::{INPUTS, Mapping, OUTPUTS};
use crate::lint::{Diagnostic, LintRule};

#[derive(Debug)]
pub(super) struct ChildMappingSyntax;

impl LintRule for ChildMappingSyntax {
    fn name(&self) -> &str {
        "child_mapping_syntax"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            for name in [INPUTS, OUTPUTS] {
                let text = node.attr(name).map(ToString::to_string);
                let Some(Err(part)) = text.map(|text| Mapping::parse(&text)) else {
                    continue;
                };
                let message = format!("`{part}` maps no key to another");
                let found = Diagnostic::error(self.name(), message);
                let found = found.at(node.attr_span(name)).at_node(node);
                let fix = "write `key=key, key`, the key that is set first";
                diagnostics.push(found.fix(fix));
            }
        }
    }
}

//! `merge_known`: a fan-in says which branches' files it takes over in words that exist.

use crate::graph::Graph;
use crate::lint::{Diagnostic, LintRule, suggestion};

/// The words of `merge`.
const WORDS: [&str; 3] = ["all", "best", "none"];

#[derive(Debug)]
pub(super) struct MergeKnown;

impl LintRule for MergeKnown {
    fn name(&self) -> &str {
        "merge_known"
    }

    fn apply(&self, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
        for node in graph.nodes() {
            let Some(word) = node.attr("merge").map(ToString::to_string) else {
                continue;
            };
            let known = word.trim().is_empty() || WORDS.contains(&word.trim());
            if known || node.resolved_type() != "parallel.fan_in" {
                continue;
            }
            let message = format!("node `{}` can't merge like that: `{word}`", node.id());
            let found = Diagnostic::error(self.name(), message);
            let found = found.at(node.attr_span("merge")).at_node(node);
            diagnostics.push(match suggestion(&word, WORDS) {
                Some(known) => found.meant(node.attr_span("merge"), &word, known),
                None => found.fix(format!("use one of {}", WORDS.join(", "))),
            });
        }
    }
}

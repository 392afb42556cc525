//! Expands variables in prompts.

use std::borrow::Cow;

use super::Transform;
use crate::graph::Graph;
use crate::limits::MAX_EXPANDED_BYTES;
use crate::lint::Diagnostic;

/// Replaces `$goal` in prompts with the goal of the graph.
///
/// Source: attractor-spec 9.2.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct VariableTransform;

impl Transform for VariableTransform {
    fn name(&self) -> &str {
        "variables"
    }

    fn apply(&self, mut graph: Graph, diagnostics: &mut Vec<Diagnostic>) -> Graph {
        let goal = graph.attrs().goal.clone();
        let mut budget = MAX_EXPANDED_BYTES;
        for node in graph.nodes_mut().filter(|node| node.prompt.contains(GOAL)) {
            let size = node.prompt.matches(GOAL).count().saturating_mul(goal.len());
            let Some(left) = budget.checked_sub(size) else {
                let message = format!("`$goal` expands prompts beyond {MAX_EXPANDED_BYTES} bytes");
                diagnostics.push(Diagnostic::error("size_limit", message).at_node(node));
                break;
            };
            budget = left;
            node.prompt = node.prompt.replace(GOAL, &goal);
        }
        graph
    }
}

const GOAL: &str = "$goal";
const CONTEXT: &str = "$context.";

/// `text` with `$goal` replaced. For texts that aren't prompts, such as a label that stands in
/// for one; prompts are expanded by [`VariableTransform`] already.
#[must_use]
pub fn expand_goal<'a>(text: &'a str, goal: &str) -> Cow<'a, str> {
    if text.contains(GOAL) {
        Cow::Owned(text.replace(GOAL, goal))
    } else {
        Cow::Borrowed(text)
    }
}

/// `text` with each `$context.<key>` replaced by what `lookup` has for the key, in one pass: what
/// is put in is not looked at again. A missing key gives an empty text.
///
/// ```
/// use attractor_core::transform::expand_context;
///
/// let text = expand_context("Fix $context.test.name.", |key| {
///     (key == "test.name").then(|| "parser".to_owned())
/// });
/// assert_eq!(text, "Fix parser.");
/// ```
pub fn expand_context(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    if !text.contains(CONTEXT) {
        return Cow::Borrowed(text);
    }
    let mut expanded = String::with_capacity(text.len());
    let mut parts = text.split(CONTEXT);
    expanded.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let key = &part[..part.find(|c| !is_key(c)).unwrap_or(part.len())];
        // A dot at the end belongs to the sentence.
        let key = key.trim_end_matches('.');
        if key.is_empty() {
            expanded.push_str(CONTEXT);
        } else {
            expanded.push_str(&lookup(key).unwrap_or_default());
        }
        expanded.push_str(&part[key.len()..]);
    }
    Cow::Owned(expanded)
}

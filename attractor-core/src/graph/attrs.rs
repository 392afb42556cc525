//! The attributes of the language and their types: one table.

use std::borrow::Cow;

use super::value::AttrType;

/// What an attribute is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "complete: DOT attaches attributes to nothing else"
)]
pub enum Element {
    /// The whole graph.
    Graph,
    /// A node.
    Node,
    /// An edge.
    Edge,
}

/// Name and type, sorted by name, as they are listed.
type Table = &'static [(&'static str, AttrType)];

const GRAPH: Table = &[
    ("default_fidelity", AttrType::String),
    ("default_max_retries", AttrType::Count),
    ("expand_context", AttrType::Boolean),
    ("fallback_retry_target", AttrType::String),
    ("goal", AttrType::String),
    ("label", AttrType::String),
    ("llm_model", AttrType::String),
    ("llm_provider", AttrType::String),
    ("max_cost_usd", AttrType::Float),
    ("max_duration", AttrType::Duration),
    ("max_goal_gate_redirects", AttrType::Count),
    ("max_restarts", AttrType::Count),
    ("max_steps", AttrType::Count),
    ("max_tokens", AttrType::Count),
    ("max_tool_calls", AttrType::Count),
    ("model_stylesheet", AttrType::String),
    ("reasoning_effort", AttrType::String),
    ("retry_policy", AttrType::String),
    ("retry_target", AttrType::String),
    ("stack.child_autostart", AttrType::Boolean),
    ("stack.child_dotfile", AttrType::String),
    ("stack.child_workdir", AttrType::String),
    ("thread_id", AttrType::String),
    ("tool_env", AttrType::String),
    ("tool_hooks.post", AttrType::String),
    ("tool_hooks.pre", AttrType::String),
];

const NODE: Table = &[
    ("allow_partial", AttrType::Boolean),
    ("auto_status", AttrType::Boolean),
    ("class", AttrType::String),
    ("fallback_retry_target", AttrType::String),
    ("fidelity", AttrType::String),
    ("goal_gate", AttrType::Boolean),
    ("human.default_choice", AttrType::String),
    ("join_policy", AttrType::String),
    ("label", AttrType::String),
    ("llm_model", AttrType::String),
    ("llm_provider", AttrType::String),
    ("manager.actions", AttrType::String),
    ("manager.guard_condition", AttrType::String),
    ("manager.max_cycles", AttrType::Count),
    ("manager.poll_interval", AttrType::Duration),
    ("manager.steer_condition", AttrType::String),
    ("manager.steer_cooldown", AttrType::Duration),
    ("manager.steer_message", AttrType::String),
    ("manager.stop_condition", AttrType::String),
    ("max_parallel", AttrType::Count),
    ("max_retries", AttrType::Count),
    ("max_visits", AttrType::Count),
    ("merge", AttrType::String),
    ("prompt", AttrType::String),
    ("reasoning_effort", AttrType::String),
    ("retry_policy", AttrType::String),
    ("retry_target", AttrType::String),
    ("shape", AttrType::String),
    ("stack.child_autostart", AttrType::Boolean),
    ("stack.child_dotfile", AttrType::String),
    ("stack.child_inputs", AttrType::String),
    ("stack.child_outputs", AttrType::String),
    ("stack.child_workdir", AttrType::String),
    ("stack.merge_dotfile", AttrType::String),
    ("thread_id", AttrType::String),
    ("timeout", AttrType::Duration),
    ("tool_command", AttrType::String),
    ("tool_env", AttrType::String),
    ("tool_hooks.post", AttrType::String),
    ("tool_hooks.pre", AttrType::String),
    ("type", AttrType::String),
];

const EDGE: Table = &[
    ("condition", AttrType::String),
    ("fidelity", AttrType::String),
    ("label", AttrType::String),
    ("loop_restart", AttrType::Boolean),
    ("thread_id", AttrType::String),
    ("weight", AttrType::Integer),
];

/// The type of an attribute, when the language gives it one.
///
/// ```
/// use attractor_core::{attribute_type, AttrType, Element};
///
/// assert_eq!(attribute_type(Element::Node, "timeout"), Some(AttrType::Duration));
/// assert_eq!(attribute_type(Element::Node, "colour"), None);
/// ```
///
/// Source: attractor-spec 2.5 to 2.7 and appendix A.
#[must_use]
pub fn attribute_type(element: Element, name: &str) -> Option<AttrType> {
    lookup(element, name).map(|row| row.1)
}

/// The attributes that the language defines on an element, in alphabetic order.
pub fn attribute_names(element: Element) -> impl Iterator<Item = &'static str> {
    table(element).iter().map(|row| row.0)
}

/// The table's own copy of a name, so that the usual ones are never allocated, and its type.
pub(crate) fn lookup(element: Element, name: &str) -> Option<(&'static str, AttrType)> {
    // Few names have the same length, and lengths are compared much faster than texts.
    let same = |row: &&(&str, AttrType)| row.0.len() == name.len() && row.0 == name;
    table(element).iter().find(same).copied()
}

/// A name as attributes are recorded under.
pub(crate) fn key(element: Element, name: &str) -> Cow<'static, str> {
    lookup(element, name).map_or_else(|| Cow::Owned(name.to_owned()), |row| Cow::Borrowed(row.0))
}

fn table(element: Element) -> Table {
    match element {
        Element::Graph => GRAPH,
        Element::Node => NODE,
        Element::Edge => EDGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_as_they_are_listed() {
        for element in [Element::Graph, Element::Node, Element::Edge] {
            assert!(table(element).is_sorted_by(|a, b| a.0 < b.0), "{element:?}");
        }
    }
}

//! Spellings of other implementations that are understood.

use crate::graph::Element;

/// Attributes: what is written, and the word of the specification.
const ATTRIBUTES: &[(Element, &str, &str)] = &[
    (Element::Graph, "default_max_retry", "default_max_retries"),
    (Element::Graph, "model", "llm_model"),
    (Element::Graph, "provider", "llm_provider"),
    (Element::Node, "command", "tool_command"),
    (Element::Node, "llm_prompt", "prompt"),
    (Element::Node, "model", "llm_model"),
    (Element::Node, "node_type", "type"),
    (Element::Node, "provider", "llm_provider"),
    (Element::Node, "script", "tool_command"),
];

/// The spellings for an element, each with the word of the specification.
pub(crate) fn attributes(element: Element) -> impl Iterator<Item = (&'static str, &'static str)> {
    ATTRIBUTES
        .iter()
        .filter(move |row| row.0 == element)
        .map(|row| (row.1, row.2))
}

/// Whether the name is such a spelling.
pub(crate) fn is_known(element: Element, name: &str) -> bool {
    attributes(element).any(|(spelling, _)| spelling == name)
}

/// The status that a word compared with `outcome` means, when it is spelled otherwise.
pub(crate) fn outcome(word: &str) -> Option<&'static str> {
    match word {
        "succeeded" => Some("success"),
        "failed" => Some("fail"),
        _ => None,
    }
}

//! What can be wrong with a graph that a program builds.

use super::attrs::{Element, attribute_type};
use super::id::NodeId;
use super::value::{AttrType, AttrValue};

/// A value that isn't of its attribute's type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("attribute `{name}` is `{value}`, but wants {}", .expected.expectation())]
pub struct AttrError {
    name: String,
    value: String,
    expected: AttrType,
}

impl AttrError {
    /// `value` as the type that the attribute has; untouched when it has none.
    pub(crate) fn check(
        element: Element,
        name: &str,
        value: AttrValue,
    ) -> Result<AttrValue, AttrError> {
        let Some(expected) = attribute_type(element, name) else {
            return Ok(value);
        };
        let text = match value {
            AttrValue::String(text) if expected == AttrType::String => {
                return Ok(AttrValue::String(text));
            }
            other => other.to_string(),
        };
        expected.read(&text).ok_or_else(|| Self {
            name: name.to_owned(),
            value: text,
            expected,
        })
    }
}

/// A second node with the identifier of the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the graph already has a node `{0}`")]
pub struct DuplicateNode(pub(super) NodeId);

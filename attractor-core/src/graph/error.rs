//! What can be wrong with a graph that a program builds.

use super::attrs::{Element, attribute_type};
use super::id::NodeId;
use super::meant::meant;
use super::value::{AttrType, AttrValue};

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

/// A value that isn't of its attribute's type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is `{value}`, but wants {}", .expected.expectation())]
pub struct AttrError {
    name: String,
    value: String,
    expected: AttrType,
}

impl AttrError {
    /// The type that the attribute has.
    #[must_use]
    pub fn expected(&self) -> AttrType {
        self.expected
    }

    /// What to write instead.
    pub(crate) fn fix(&self) -> String {
        match self.meant() {
            Some(meant) => format!("write `{}={meant}`", self.name),
            None => format!(
                "write for example `{}={}`",
                self.name,
                self.expected.example()
            ),
        }
    }

    /// The value that may have been meant, as it is written.
    pub(crate) fn meant(&self) -> Option<String> {
        meant(self.expected, &self.value)
    }

    /// `value` as the type that the attribute has; untouched when it has none.
    pub(crate) fn check(
        element: Element,
        name: &str,
        value: AttrValue,
    ) -> Result<AttrValue, AttrError> {
        match attribute_type(element, name) {
            None => Ok(value),
            Some(AttrType::String) if value.as_str().is_some() => Ok(value),
            Some(expected) => Self::read(expected, name, &value.to_string()),
        }
    }

    /// `text` as a value of the type `expected`.
    pub(crate) fn read(expected: AttrType, name: &str, text: &str) -> Result<AttrValue, AttrError> {
        expected.read(text).ok_or_else(|| Self {
            name: name.to_owned(),
            value: text.chars().take(SHOWN).collect(),
            expected,
        })
    }
}

/// A second node with the identifier of the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the graph already has a node `{0}`")]
pub struct DuplicateNode(pub(super) NodeId);

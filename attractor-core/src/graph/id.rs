//! Names of nodes.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dot::is_identifier;

/// Identifier of a node: a letter or `_`, then letters, digits and `_`, all ASCII.
///
/// Cheap to clone; a `&NodeId` serves wherever a `&str` is wanted.
///
/// ```
/// use attractor_core::NodeId;
///
/// let id: NodeId = "run_tests".parse()?;
/// assert_eq!(&*id, "run_tests");
/// assert!("run tests".parse::<NodeId>().is_err());
/// # Ok::<(), attractor_core::InvalidNodeId>(())
/// ```
///
/// Source: attractor-spec 2.3.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(Arc<str>);

/// A text that can't be the identifier of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a node id: ids are letters, digits and `_`, and don't begin with a digit")]
pub struct InvalidNodeId(String);

impl NodeId {
    /// The identifier `text`.
    ///
    /// # Errors
    ///
    /// When `text` isn't an identifier.
    pub fn new(text: &str) -> Result<Self, InvalidNodeId> {
        if is_identifier(text) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(InvalidNodeId(text.to_owned()))
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for NodeId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for NodeId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for NodeId {
    type Err = InvalidNodeId;

    fn from_str(text: &str) -> Result<Self, InvalidNodeId> {
        Self::new(text)
    }
}

impl TryFrom<&str> for NodeId {
    type Error = InvalidNodeId;

    fn try_from(text: &str) -> Result<Self, InvalidNodeId> {
        Self::new(text)
    }
}

impl TryFrom<String> for NodeId {
    type Error = InvalidNodeId;

    fn try_from(text: String) -> Result<Self, InvalidNodeId> {
        Self::new(&text)
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl PartialEq<str> for NodeId {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for NodeId {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

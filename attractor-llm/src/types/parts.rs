//! The parts of a message, shared between its copies.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::ContentPart;

/// What a message says: a list of parts that costs nothing to copy.
///
/// A conversation is copied for every request. Copies share the parts until one of them is changed,
/// so that the thousandth request of a conversation costs its new messages and not all of them.
/// Reads and changes are those of a `Vec`.
///
/// ```
/// use attractor_llm::{ContentPart, Message};
///
/// let first = Message::user("Hi.");
/// let mut second = first.clone();
/// second.content.push(ContentPart::text("Who are you?"));
/// assert_eq!((first.content.len(), second.content.len()), (1, 2));
/// ```
///
/// Source: unified-llm-spec 3.1.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(from = "Vec<ContentPart>")]
pub struct Content(Arc<Vec<ContentPart>>);

impl Content {
    /// The parts, copied if another message shares them.
    #[must_use]
    pub fn into_vec(self) -> Vec<ContentPart> {
        Arc::unwrap_or_clone(self.0)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

impl Deref for Content {
    type Target = Vec<ContentPart>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Content {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self(Arc::new(parts))
    }
}

impl FromIterator<ContentPart> for Content {
    fn from_iter<I: IntoIterator<Item = ContentPart>>(parts: I) -> Self {
        Vec::from_iter(parts).into()
    }
}

impl IntoIterator for Content {
    type Item = ContentPart;
    type IntoIter = std::vec::IntoIter<ContentPart>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a> IntoIterator for &'a Content {
    type Item = &'a ContentPart;
    type IntoIter = std::slice::Iter<'a, ContentPart>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Content {
    type Item = &'a mut ContentPart;
    type IntoIter = std::slice::IterMut<'a, ContentPart>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl PartialEq<[ContentPart]> for Content {
    fn eq(&self, other: &[ContentPart]) -> bool {
        self.as_slice() == other
    }
}

impl<const N: usize> PartialEq<[ContentPart; N]> for Content {
    fn eq(&self, other: &[ContentPart; N]) -> bool {
        self.as_slice() == other
    }
}

impl PartialEq<Vec<ContentPart>> for Content {
    fn eq(&self, other: &Vec<ContentPart>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

use super::step::StageKey;

/// Which branch of a run something is about: the parallel node and the branch's id, for nested
/// parallels from the outside in.
///
/// ```
/// use attractor_core::run::BranchPath;
///
/// let path: BranchPath = "fan/plan_a/inner/fast".parse()?;
/// assert_eq!((path.node(), path.id()), ("inner", "fast"));
/// assert_eq!(path.parent().unwrap().as_str(), "fan/plan_a");
/// # Ok::<(), attractor_core::Error>(())
/// ```
///
/// Source: attractor-spec 4.8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchPath(Arc<str>);

impl BranchPath {
    /// The branch `id` of the parallel node `node`, which itself is in the branch `parent` if
    /// there is one.
    pub(crate) fn new(parent: Option<&Self>, node: &str, id: &str) -> Self {
        Self(match parent {
            Some(parent) => format!("{parent}/{node}/{id}").into(),
            None => format!("{node}/{id}").into(),
        })
    }

    /// The path as journals spell it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parallel node that the branch begins at.
    #[must_use]
    pub fn node(&self) -> &str {
        self.steps().last().map_or("", |step| step.0)
    }

    /// The branch's id among those of its parallel node.
    #[must_use]
    pub fn id(&self) -> &str {
        self.steps().last().map_or("", |step| step.1)
    }

    /// The branch that the parallel node is in; nothing if it's in none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (rest, _) = self.0.rsplit_once('/')?;
        let (parent, _) = rest.rsplit_once('/')?;
        Some(Self(parent.into()))
    }

    /// Whether the branch is `other` or one of the branches in it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&*other.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// How deep the branch is nested, 1 for a branch of the main walk.
    pub(super) fn depth(&self) -> usize {
        self.steps().count()
    }

    /// Parallel nodes and ids, from the outside in.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut parts = self.0.split('/');
        std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
    }
}

impl fmt::Display for BranchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BranchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for BranchPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split('/');
        if parts.clone().any(str::is_empty) || !parts.count().is_multiple_of(2) {
            let text = format!("{text:?} isn't the path of a branch");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for BranchPath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<BranchPath> for String {
    fn from(path: BranchPath) -> Self {
        path.0.as_ref().to_owned()
    }
}

/// The branch that a stage belongs to, and the stage of the parallel node it began at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BranchKey {
    /// The attempt at the parallel node.
    pub stage: StageKey,
    /// The branch.
    pub path: BranchPath,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_knows_its_parents_and_what_is_in_it() {
        let outer = BranchPath::new(None, "fan", "a");
        let inner = BranchPath::new(Some(&outer), "deep", "b-2");
        assert_eq!(inner.as_str(), "fan/a/deep/b-2");
        assert_eq!(inner.parent(), Some(outer.clone()));
        assert_eq!(outer.parent(), None);
        assert!(inner.is_within(&outer) && outer.is_within(&outer));
        assert!(!outer.is_within(&inner));
        assert!(!BranchPath::new(None, "fan", "ab").is_within(&outer));
        assert_eq!(inner.depth(), 2);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "fan", "fan/a/b", "fan//a/b", "/a"] {
            assert!(text.parse::<BranchPath>().is_err(), "{text}");
        }
    }
}

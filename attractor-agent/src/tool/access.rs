//! What a call reads and changes, and which calls may run at the same time; pure.

use serde_json::Value;

/// What a call does to the environment, as far as its arguments tell.
///
/// ```
/// use attractor_agent::{Access, Places};
///
/// let reads = Access::Reads(Places::Anywhere);
/// let writes = Access::Writes(Places::paths(["/a/src/lib.rs"]));
/// assert!(!reads.goes_with(&writes));
/// assert!(writes.goes_with(&Access::Reads(Places::paths(["/a/tests"]))));
/// assert!(!writes.goes_with(&Access::Reads(Places::paths(["/a/src"]))), "what lies below counts");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Changes nothing.
    Reads(Places),
    /// May change what lies there, and read it.
    Writes(Places),
}

/// Where a call reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Places {
    /// Nobody knows.
    Anywhere,
    /// At these paths of the environment, and below them.
    Paths(Vec<String>),
}

impl Places {
    /// These paths.
    pub fn paths<T: Into<String>>(paths: impl IntoIterator<Item = T>) -> Self {
        Self::Paths(paths.into_iter().map(Into::into).collect())
    }

    /// No place: for a call that touches nothing of the environment.
    #[must_use]
    pub fn nowhere() -> Self {
        Self::Paths(Vec::new())
    }

    /// The path that this argument names; anywhere if it names none.
    #[must_use]
    pub fn argument(arguments: &Value, name: &str) -> Self {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .map_or(Self::Anywhere, |path| Self::paths([path]))
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Paths(paths), _) | (_, Self::Paths(paths)) if paths.is_empty() => false,
            (Self::Paths(these), Self::Paths(those)) => these.iter().any(|this| {
                those
                    .iter()
                    .any(|that| lies_in(this, that) || lies_in(that, this))
            }),
            _ => true,
        }
    }
}

impl Access {
    /// Whether two calls may run at the same time: when both only read, or when neither writes
    /// where the other reads or writes. Paths are compared as they stand.
    #[must_use]
    pub fn goes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Reads(_), Self::Reads(_)) => true,
            _ => !self.places().meets(other.places()),
        }
    }

    /// Where it reads or writes.
    #[must_use]
    pub fn places(&self) -> &Places {
        match self {
            Self::Reads(places) | Self::Writes(places) => places,
        }
    }

    pub(crate) fn places_mut(&mut self) -> &mut Places {
        match self {
            Self::Reads(places) | Self::Writes(places) => places,
        }
    }
}

/// Whether the path is the place or something below it.
fn lies_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Places {
        Places::paths([path])
    }

    #[test]
    fn calls_go_together_unless_one_writes_where_the_other_is() {
        use Access::{Reads, Writes};
        let table = [
            (Reads(Places::Anywhere), Reads(Places::Anywhere), true),
            (Reads(at("/a")), Writes(at("/a")), false),
            (Writes(at("/a")), Writes(at("/a")), false),
            (Writes(at("/a")), Writes(at("/ab")), true),
            (Writes(at("/a/b")), Reads(at("/a")), false),
            (Writes(at("/")), Reads(at("/a")), false),
            (Writes(Places::Anywhere), Reads(at("/a")), false),
            (Writes(Places::Anywhere), Writes(Places::nowhere()), true),
        ];
        for (left, right, together) in table {
            assert_eq!(left.goes_with(&right), together, "{left:?} and {right:?}");
            assert_eq!(right.goes_with(&left), together, "{right:?} and {left:?}");
        }
    }
}

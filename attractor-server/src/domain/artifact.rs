use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::ARTIFACT_KEY_BYTES;
use super::{ArtifactId, Error, RunId, Timestamp};

/// A file that a run has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// The run.
    pub run_id: RunId,
    /// What it is called; no other artifact of the run has that name.
    pub key: ArtifactKey,
    /// Where its bytes are in the object store.
    pub path: String,
    /// What the bytes are.
    pub content_type: Option<String>,
    /// How many there are.
    pub size_bytes: Option<i64>,
    /// Their SHA-256 in hexadecimal.
    pub sha256: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// An artifact whose bytes are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewArtifact {
    /// What it is called; takes the place of one that is called the same.
    pub key: ArtifactKey,
    /// Where its bytes are in the object store.
    pub path: String,
    /// What the bytes are.
    pub content_type: String,
    /// How many there are.
    pub size_bytes: i64,
    /// Their SHA-256 in hexadecimal.
    pub sha256: String,
}

/// What an artifact is called: a relative path that can't lead elsewhere.
///
/// ```
/// use attractor_server::domain::ArtifactKey;
///
/// assert!(ArtifactKey::try_from("reviewers/security.md".to_owned()).is_ok());
/// assert!(ArtifactKey::try_from("../../etc/passwd".to_owned()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "plan.md")]
pub struct ArtifactKey(String);

impl ArtifactKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ArtifactKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let is_bad = |c: char| c.is_control() || c == '\\';
        let part_is_bad = |part: &str| matches!(part, "" | "." | "..");
        if text.len() > ARTIFACT_KEY_BYTES
            || text.contains(is_bad)
            || text.split('/').any(part_is_bad)
        {
            let message = format!(
                "artifact key {text:?} must be a relative path of at most {ARTIFACT_KEY_BYTES} bytes, without `..` or control characters"
            );
            return Err(Error::invalid("invalid_artifact_key", message));
        }
        Ok(Self(text))
    }
}

impl fmt::Display for ArtifactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_relative_path_that_leads_nowhere_else() {
        for good in ["plan.md", "reviewers/a b.md", "ä/x", "..a"] {
            assert!(ArtifactKey::try_from(good.to_owned()).is_ok(), "{good}");
        }
        let long = "x".repeat(401);
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\0", "a\n", &long,
        ] {
            assert!(ArtifactKey::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}

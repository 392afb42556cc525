use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use super::limits::REPO_PATH_BYTES;

/// A file's path in a repository: relative, and it can't lead out of it or into `.git`.
///
/// ```
/// use attractor_server::domain::RepoPath;
///
/// let path = RepoPath::try_from("./factory/self-bootstrap.dot".to_owned())?;
/// assert_eq!(path.as_str(), "factory/self-bootstrap.dot");
/// assert!(RepoPath::try_from("../../proc/self/environ".to_owned()).is_err());
/// # Ok::<(), attractor_server::domain::Error>(())
/// ```
///
/// Whoever opens it still has to follow no link out of the repository: the path can't tell.
///
/// Source: contract, 12.9.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "factory/self-bootstrap.dot")]
pub struct RepoPath(String);

impl RepoPath {
    /// The path as text, with `/` and without `./` before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with it as a path in a repository.
fn fault(path: &str) -> Option<&'static str> {
    let is_bad = |c: char| c.is_control() || c == '\\' || c == ':';
    let is_git = |part: &str| part.eq_ignore_ascii_case(".git");
    match path {
        "" => Some("is empty"),
        _ if path.len() > REPO_PATH_BYTES => Some("is longer than 400 bytes"),
        _ if path.contains(is_bad) => Some("contains a control character, `\\` or `:`"),
        _ if path.starts_with('/') => Some("must be relative to the repository"),
        _ if path.ends_with('/') => Some("must name a file"),
        _ if path.split('/').any(|part| matches!(part, "" | "." | "..")) => {
            Some("has a part that is empty, `.` or `..`")
        }
        _ if path.split('/').any(is_git) => Some("leads into `.git`"),
        _ => None,
    }
}

impl TryFrom<String> for RepoPath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let path = text.strip_prefix("./").unwrap_or(&text);
        match fault(path) {
            None => Ok(Self(path.to_owned())),
            Some(fault) => {
                let shown: String = text.chars().take(80).collect();
                let message = format!("path {shown:?} {fault}");
                Err(Error::invalid("invalid_repo_path", message))
            }
        }
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_repository() {
        for good in [
            "a.dot",
            "factory/a b.dot",
            "..a/b",
            ".github/x.dot",
            "ä.dot",
            "a.git/b",
        ] {
            let path = RepoPath::try_from(good.to_owned()).unwrap();
            assert_eq!(path.as_str(), good);
        }
        let long = "x".repeat(401);
        for bad in [
            "",
            "./",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../../b",
            "a/./b",
            "a//b",
            "a/",
            "a\\b",
            "a\0",
            "a\nb",
            "C:a",
            ".git/config",
            "a/.GIT/config",
            "././a",
            &long,
        ] {
            assert!(RepoPath::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}

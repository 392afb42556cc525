use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use super::limits::BRANCH_BYTES;

/// A branch's name by git's rules for references.
///
/// ```
/// use attractor_server::domain::BranchName;
///
/// assert!(BranchName::try_from("attractor/self-run".to_owned()).is_ok());
/// assert!(BranchName::try_from("--upload-pack=x".to_owned()).is_err());
/// ```
///
/// Source: `git help check-ref-format`, and the contract, 12.10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "attractor/self-run")]
pub struct BranchName(String);

impl BranchName {
    /// The name as text, without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with it as a branch's name.
fn fault(name: &str) -> Option<&'static str> {
    let part_is_bad =
        |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\\u{7f}".contains(c);
    match name {
        "" => Some("is empty"),
        _ if name.len() > BRANCH_BYTES => Some("is longer than 200 bytes"),
        "@" | "HEAD" => Some("means something else to git"),
        _ if name.starts_with('-') => Some("begins with `-`"),
        _ if name.starts_with("refs/") => Some("must be given without `refs/heads/`"),
        _ if name.contains("..") || name.contains("@{") => Some("contains `..` or `@{`"),
        _ if name.contains(is_bad) => Some("contains a character that git doesn't allow"),
        _ if name.ends_with('.') => Some("ends with `.`"),
        _ if name.split('/').any(part_is_bad) => {
            Some("has a part that is empty, begins with `.` or ends with `.lock`")
        }
        _ => None,
    }
}

impl TryFrom<String> for BranchName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        match fault(&text) {
            None => Ok(Self(text)),
            Some(fault) => {
                let message = format!("branch name {text:?} {fault}");
                Err(Error::invalid("invalid_branch", message))
            }
        }
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_branches_by_the_rules_of_git() {
        for good in [
            "main",
            "attractor/self-run",
            "a.b",
            "ä",
            "feature/x_1",
            "@x",
            "x@",
        ] {
            assert!(BranchName::try_from(good.to_owned()).is_ok(), "{good}");
        }
        let long = "x".repeat(201);
        for bad in [
            "",
            "@",
            "HEAD",
            "-x",
            "refs/heads/x",
            "a..b",
            "a@{1}",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a\u{7f}",
            "a\n",
            "a.",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            &long,
        ] {
            assert!(BranchName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use super::limits::{NAMESPACE_CHARACTERS, SLUG_CHARACTERS};

/// Where a project's secrets and runs live: a DNS-1123 label that is none of the system's.
///
/// ```
/// use attractor_server::domain::Namespace;
///
/// assert_eq!(Namespace::of_project("Attractor Self").as_str(), "factory-proj-attractor-self");
/// assert_eq!(Namespace::of_project("@@@").as_str(), "factory-proj-project");
/// assert!(Namespace::try_from("kube-system".to_owned()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "factory-proj-attractor-self")]
pub struct Namespace(String);

/// Namespaces that belong to a cluster or to the factory itself.
const SYSTEM: [&str; 4] = [
    "default",
    "factory-system",
    "local-path-storage",
    "metallb-system",
];

/// Kubernetes keeps these for itself; the last is where other installations of the factory live.
const SYSTEM_PREFIXES: [&str; 3] = ["kube-", "openshift-", "factory-system-"];

impl Namespace {
    /// What a project is given that names none.
    ///
    /// Source: contract, 1.1 (`POST /api/projects`).
    pub fn of_project(name: &str) -> Self {
        Self(format!("factory-proj-{}", slug(name)))
    }

    /// The namespace as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Namespace {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let message = format!("namespace {text:?} {why}");
            Error::invalid("invalid_namespace", message)
        };
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_label = (2..=NAMESPACE_CHARACTERS).contains(&text.len())
            && text.chars().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if !is_label {
            return Err(refuse(
                "must have 2 to 63 lower-case letters, digits and `-`, and neither begin nor end with `-`",
            ));
        }
        let is_system = SYSTEM.contains(&text.as_str())
            || SYSTEM_PREFIXES
                .iter()
                .any(|prefix| text.starts_with(prefix));
        if is_system {
            return Err(refuse("belongs to the system: choose another"));
        }
        Ok(Self(text))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name as part of a namespace: lower-case, every run of other characters than letters and digits
/// of ASCII a `-`, at most 40 characters, `project` if nothing is left.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut in_run = false;
    for c in name.to_lowercase().chars() {
        let stays = c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if stays {
            slug.push(c);
        } else if !in_run {
            slug.push('-');
        }
        in_run = !stays;
    }
    let cut: String = slug
        .trim_matches('-')
        .chars()
        .take(SLUG_CHARACTERS)
        .collect();
    match cut.trim_end_matches('-') {
        "" => "project".to_owned(),
        cut => cut.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_that_are_not_the_systems_are_namespaces() {
        let longest = "x".repeat(63);
        for good in ["ab", "factory-proj-a", "team-7", &longest] {
            assert_eq!(Namespace::try_from(good.to_owned()).unwrap().as_str(), good);
        }
        let too_long = "x".repeat(64);
        for bad in [
            "",
            "a",
            "A-b",
            "-ab",
            "ab-",
            "a_b",
            "a.b",
            "a/b",
            "ä-b",
            "default",
            "kube-system",
            "kube-public",
            "openshift-config",
            "factory-system",
            &too_long,
        ] {
            assert!(Namespace::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_name_gives_a_namespace() {
        for name in [
            "Attractor Self",
            "@@@",
            "x",
            "ÄÖÜ",
            &"Long ".repeat(40),
            "--a--",
            "a  b",
        ] {
            let namespace = Namespace::of_project(name);
            assert!(
                Namespace::try_from(namespace.to_string()).is_ok(),
                "{namespace}"
            );
        }
        assert_eq!(slug("Über uns"), "ber-uns");
    }
}

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::ID_CHARACTERS;
use super::{Error, ErrorKind};

/// Whether a text may be an id: letters, digits, `-` and `_`, so that it can't lead out of a path or
/// a key that it becomes part of.
fn is_id(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=ID_CHARACTERS).contains(&text.len()) && text.chars().all(part)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
        )]
        #[serde(try_from = "String")]
        #[schema(value_type = String, example = "cmhz8w0p5000108l4f2n7c3bd")]
        pub struct $name(String);

        impl $name {
            /// A new one: 25 characters that sort roughly by time.
            pub fn new() -> Self {
                Self(cuid::cuid1())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                if is_id(&text) {
                    return Ok(Self(text));
                }
                // What can't be an id is none of anything.
                let message = concat!("there is no such ", $what);
                Err(Error::new(ErrorKind::NotFound, "not_found", message))
            }
        }
    )+};
}

ids! {
    /// The id of a [`Project`](super::Project).
    ProjectId, "project";
    /// The id of a [`ProjectSecret`](super::ProjectSecret).
    SecretId, "secret";
    /// The id of an [`AttractorDef`](super::AttractorDef).
    AttractorId, "attractor";
    /// The id of an [`AttractorVersion`](super::AttractorVersion).
    VersionId, "version";
    /// The id of a [`Run`](super::Run).
    RunId, "run";
    /// The id of a [`RunEvent`](super::RunEvent).
    EventId, "event";
    /// The id of an [`Artifact`](super::Artifact).
    ArtifactId, "artifact";
    /// The id of a [`SpecBundle`](super::SpecBundle).
    BundleId, "spec bundle";
    /// The id of a [`RunQuestion`](super::RunQuestion).
    QuestionId, "question";
    /// The id of an [`ApiToken`](super::ApiToken).
    TokenId, "token";
    /// The id of an [`AuditEntry`](super::AuditEntry).
    AuditId, "audit entry";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_id_has_the_form_of_the_contract() {
        let (one, other) = (RunId::new(), RunId::new());
        assert_eq!(one.as_str().len(), 25);
        assert!(one.as_str().starts_with('c'));
        assert_ne!(one, other);
        assert_eq!(one.as_str().parse::<RunId>().unwrap(), one);
    }

    #[test]
    fn nothing_that_leads_elsewhere_is_an_id() {
        let long = "x".repeat(65);
        for bad in [
            "", ".", "..", "a/b", "a\\b", "a.b", "a b", "a\0", "ä", &long,
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
            assert!(serde_json::from_value::<RunId>(bad.into()).is_err());
        }
    }
}

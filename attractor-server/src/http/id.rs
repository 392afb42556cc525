use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::limits::ID_CHARACTERS;
use super::{Error, ErrorKind};

/// The id of a pipeline that was submitted: the name of its run directory.
///
/// Letters, digits, `-` and `_`, beginning with a letter or a digit: it can't lead out of the
/// directory that all runs are kept in.
///
/// ```
/// use attractor_server::http::PipelineId;
///
/// assert!("20261122-175012-3f9a1c".parse::<PipelineId>().is_ok());
/// assert!("../secrets".parse::<PipelineId>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PipelineId(String);

impl PipelineId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PipelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PipelineId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let rest = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if begins && text.len() <= ID_CHARACTERS && text.chars().all(rest) {
            return Ok(Self(text.to_owned()));
        }
        // What can't be an id is none of a pipeline.
        Err(Error::new(ErrorKind::NotFound, "there is no such pipeline"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leads_elsewhere_is_an_id() {
        for good in ["a", "20261122-175012-3f9a1c", "Run_7", &"x".repeat(128)] {
            assert_eq!(good.parse::<PipelineId>().unwrap().as_str(), good);
        }
        let long = "x".repeat(129);
        for bad in [
            "", ".", "..", "../a", "a/b", "a\\b", "-a", "a\0", "a.b", "ä", "a b", &long,
        ] {
            assert!(bad.parse::<PipelineId>().is_err(), "{bad}");
        }
    }
}

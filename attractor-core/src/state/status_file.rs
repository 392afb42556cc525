use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FailureKind, Outcome, StageStatus};
use crate::{Error, ErrorKind};

/// The content of a stage's `status.json`.
///
/// The engine writes it after every attempt. An agent or a tool may write it first, to say how
/// its stage went: then it decides the outcome.
///
/// ```
/// use attractor_core::StatusFile;
///
/// let outcome = StatusFile::parse(br#"{"outcome": "needs_work", "notes": "two tests fail"}"#)?;
/// assert_eq!(outcome.word(), "needs_work");
/// # Ok::<(), attractor_core::Error>(())
/// ```
///
/// Source: attractor-spec appendix C.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusFile {
    /// One of the five statuses, or a word of the pipeline's own.
    #[serde(alias = "status")]
    pub outcome: String,
    /// Edge label to prefer for the next transition; empty for none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub preferred_label: String,
    /// Nodes to go to if no label matches.
    #[serde(default, deserialize_with = "null_as_default")]
    pub suggested_next_ids: Vec<String>,
    /// Keys and values to merge into the context.
    #[serde(default, deserialize_with = "null_as_default")]
    pub context_updates: BTreeMap<String, Value>,
    /// A summary for people.
    #[serde(default, deserialize_with = "null_as_default")]
    pub notes: String,
    /// Why the stage failed or wants to be executed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Whether trying again can help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_kind: Option<FailureKind>,
}

impl StatusFile {
    /// Reads the outcome a stage left behind.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if the bytes aren't a JSON object with a non-empty `outcome`.
    pub fn parse(bytes: &[u8]) -> Result<Outcome, Error> {
        let damaged = |message: &str| Error::new(ErrorKind::Damaged, message);
        let file: Self = serde_json::from_slice(bytes)
            .map_err(|e| damaged("status.json doesn't hold a stage status").with_source(e))?;
        if file.outcome.trim().is_empty() {
            return Err(damaged("status.json has an empty outcome"));
        }
        Ok(file.into_outcome())
    }

    fn into_outcome(self) -> Outcome {
        let mut outcome = Outcome::from_word(&self.outcome);
        outcome.preferred_label = Some(self.preferred_label).filter(|label| !label.is_empty());
        outcome.suggested_next_ids = self.suggested_next_ids;
        outcome.context_updates = self.context_updates;
        outcome.notes = self.notes;
        outcome.failure_kind = self.failure_kind;
        outcome.failure_reason = self.failure_reason;
        let failed = matches!(outcome.status, StageStatus::Fail | StageStatus::Retry);
        if failed && outcome.failure_reason.is_none() && !outcome.notes.is_empty() {
            outcome.failure_reason = Some(outcome.notes.clone());
        }
        outcome
    }

    /// The file's text: JSON with two blanks of indentation and a final newline.
    pub fn render(&self) -> String {
        // A map with string keys and JSON values always serializes.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl From<&Outcome> for StatusFile {
    fn from(outcome: &Outcome) -> Self {
        Self {
            outcome: outcome.word().to_owned(),
            preferred_label: outcome.preferred_label.clone().unwrap_or_default(),
            suggested_next_ids: outcome.suggested_next_ids.clone(),
            context_updates: outcome.context_updates.clone(),
            notes: outcome.notes.clone(),
            failure_reason: outcome.failure_reason.clone(),
            failure_kind: outcome.failure_kind,
        }
    }
}

/// Writers of status files put `null` where they mean "nothing".
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_its_status_file() {
        let outcome = Outcome::fail("tests failed")
            .with_preferred_label("Fix")
            .with_suggested_next("fix")
            .with_update("nested.key", "value")
            .with_failure_kind(FailureKind::Terminal);
        let text = StatusFile::from(&outcome).render();
        assert_eq!(StatusFile::parse(text.as_bytes()).unwrap(), outcome);
    }

    #[test]
    fn nulls_and_missing_fields_mean_nothing() {
        let text = br#"{"outcome":"success","preferred_label":null,"context_updates":null}"#;
        assert_eq!(StatusFile::parse(text).unwrap(), Outcome::success());
    }

    #[test]
    fn a_file_without_an_outcome_is_damaged() {
        for text in [&b"{}"[..], b"", b"[]", br#"{"outcome":" "}"#] {
            assert_eq!(
                StatusFile::parse(text).unwrap_err().kind(),
                ErrorKind::Damaged
            );
        }
    }
}

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, ErrorKind};

/// How a stage ended.
///
/// Complete by definition: attractor-spec 5.2 names these five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "attractor-spec 5.2 names exactly these five"
)]
pub enum StageStatus {
    /// The stage did its work.
    Success,
    /// The stage did its work with caveats; counts as success for routing and goal gates.
    PartialSuccess,
    /// The stage asks to be executed again.
    Retry,
    /// The stage failed.
    Fail,
    /// The stage was skipped; no outcome is recorded for it.
    Skipped,
}

impl StageStatus {
    /// The status as conditions and files spell it, for example `partial_success`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::PartialSuccess => "partial_success",
            Self::Retry => "retry",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }

    /// The status a word stands for, if it's one of the five; letter case doesn't count.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Success,
            Self::PartialSuccess,
            Self::Retry,
            Self::Fail,
            Self::Skipped,
        ]
        .into_iter()
        .find(|status| status.as_str().eq_ignore_ascii_case(word.trim()))
    }

    /// Whether a goal gate is satisfied by this status.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Success | Self::PartialSuccess)
    }
}

impl fmt::Display for StageStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether trying again can help after a failure.
///
/// Complete by definition: attractor-spec appendix D names these three categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "attractor-spec appendix D names exactly these three"
)]
pub enum FailureKind {
    /// A transient failure: executing the stage again may succeed.
    Retryable,
    /// A permanent failure: the stage isn't retried, its failure is routed at once.
    Terminal,
    /// A failure of the pipeline itself: the run ends.
    Pipeline,
}

/// The result of executing a node: it drives routing and changes the context.
///
/// ```
/// use attractor_core::{Outcome, StageStatus};
///
/// let outcome = Outcome::success().with_preferred_label("Approve").with_update("tests", 12);
/// assert_eq!(outcome.status, StageStatus::Success);
/// assert_eq!(outcome.word(), "success");
/// ```
///
/// Source: attractor-spec 5.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// How the stage ended.
    pub status: StageStatus,
    /// A word of the pipeline's own that conditions compare with instead of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// Which edge label to follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_label: Option<String>,
    /// Nodes to go to if no label matches, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggested_next_ids: Vec<String>,
    /// Keys and values to merge into the context.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context_updates: BTreeMap<String, Value>,
    /// A summary for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Why the stage failed or wants to be executed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Whether trying again can help; nothing means that it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_kind: Option<FailureKind>,
}

impl Outcome {
    /// An outcome with a status and nothing else.
    pub fn new(status: StageStatus) -> Self {
        Self {
            status,
            word: None,
            preferred_label: None,
            suggested_next_ids: Vec::new(),
            context_updates: BTreeMap::new(),
            notes: String::new(),
            failure_reason: None,
            failure_kind: None,
        }
    }

    /// The stage did its work.
    pub fn success() -> Self {
        Self::new(StageStatus::Success)
    }

    /// The stage did its work with caveats.
    pub fn partial_success(notes: impl Into<String>) -> Self {
        Self::new(StageStatus::PartialSuccess).with_notes(notes)
    }

    /// The stage asks to be executed again.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self {
            failure_reason: Some(reason.into()),
            ..Self::new(StageStatus::Retry)
        }
    }

    /// The stage failed; it's retried while attempts remain.
    pub fn fail(reason: impl Into<String>) -> Self {
        Self {
            failure_reason: Some(reason.into()),
            ..Self::new(StageStatus::Fail)
        }
    }

    /// The stage was skipped.
    pub fn skipped() -> Self {
        Self::new(StageStatus::Skipped)
    }

    /// The outcome a word stands for: one of the five statuses, or success with that word.
    ///
    /// Pipelines route on words of their own (`outcome=needs_work`): such a stage has succeeded
    /// and conditions compare with its word.
    pub fn from_word(word: &str) -> Self {
        match StageStatus::from_word(word) {
            Some(status) => Self::new(status),
            None => Self {
                word: Some(word.trim().to_owned()),
                ..Self::success()
            },
        }
    }

    /// The failure an error of a handler stands for.
    pub fn from_error(error: &Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Terminal | ErrorKind::InvalidInput | ErrorKind::LimitReached => {
                FailureKind::Terminal
            }
            ErrorKind::InvalidGraph | ErrorKind::GraphChanged => FailureKind::Pipeline,
            _ => FailureKind::Retryable,
        };
        Self::fail(error.chain()).with_failure_kind(kind)
    }

    /// What `outcome=` in a condition compares with.
    pub fn word(&self) -> &str {
        self.word.as_deref().unwrap_or(self.status.as_str())
    }

    /// Sets the label of the edge to follow.
    #[must_use]
    pub fn with_preferred_label(mut self, label: impl Into<String>) -> Self {
        self.preferred_label = Some(label.into());
        self
    }

    /// Adds a node to go to if no label matches.
    #[must_use]
    pub fn with_suggested_next(mut self, node: impl Into<String>) -> Self {
        self.suggested_next_ids.push(node.into());
        self
    }

    /// Adds one context update.
    #[must_use]
    pub fn with_update(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.context_updates.insert(key.into(), value.into());
        self
    }

    /// Sets the summary.
    #[must_use]
    pub fn with_notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = notes.into();
        self
    }

    /// Sets the reason of a failure.
    #[must_use]
    pub fn with_failure_reason(mut self, reason: impl Into<String>) -> Self {
        self.failure_reason = Some(reason.into());
        self
    }

    /// Says whether trying again can help.
    #[must_use]
    pub fn with_failure_kind(mut self, kind: FailureKind) -> Self {
        self.failure_kind = Some(kind);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_outside_the_statuses_is_a_success_with_that_word() {
        let outcome = Outcome::from_word("needs_work");
        assert_eq!(outcome.status, StageStatus::Success);
        assert_eq!(outcome.word(), "needs_work");
        assert_eq!(Outcome::from_word(" FAIL ").status, StageStatus::Fail);
    }

    #[test]
    fn errors_of_configuration_are_terminal_and_others_may_be_retried() {
        let terminal = Outcome::from_error(&Error::new(ErrorKind::Terminal, "no key"));
        assert_eq!(terminal.failure_kind, Some(FailureKind::Terminal));
        let transient = Outcome::from_error(&Error::new(ErrorKind::Transient, "overloaded"));
        assert_eq!(transient.failure_kind, Some(FailureKind::Retryable));
        assert_eq!(transient.failure_reason.as_deref(), Some("overloaded"));
    }
}

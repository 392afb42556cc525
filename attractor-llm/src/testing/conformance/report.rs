use std::fmt;

use crate::error::Error;

/// Why a trial failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The trial.
    pub trial: &'static str,
    /// What was expected and what happened.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.trial, self.message)
    }
}

/// What became of the trials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Names of the trials that passed.
    pub passed: Vec<&'static str>,
    /// Names of the trials of what the adapter says it can't do.
    pub skipped: Vec<&'static str>,
    /// The trials that failed.
    pub failed: Vec<Failure>,
}

impl Report {
    /// Whether trials passed and none failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.failed.is_empty() && !self.passed.is_empty()
    }

    pub(super) fn not_started(error: &Error) -> Self {
        let message = format!("the harness gave no adapter: {error}");
        Self {
            failed: vec![Failure {
                trial: "start",
                message,
            }],
            ..Self::default()
        }
    }
}

/// The counts, then each failure on a line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, skipped) = (self.passed.len(), self.skipped.len());
        write!(
            f,
            "{passed} trials passed, {skipped} skipped, {} failed",
            self.failed.len()
        )?;
        self.failed
            .iter()
            .try_for_each(|failure| write!(f, "\n  {failure}"))
    }
}

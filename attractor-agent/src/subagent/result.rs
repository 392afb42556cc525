//! What came of a subagent.

use std::fmt::Write as _;

use serde::Serialize;

/// Where a subagent is in its life (coding-agent-loop-spec 7.3). Complete: these are the
/// specification's.
#[expect(
    clippy::exhaustive_enums,
    reason = "the specification's three statuses"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubAgentStatus {
    /// Works on its task.
    Running,
    /// Has given its answer; more input makes it run again.
    Completed,
    /// Has ended without a whole answer: an error, a limit, or closed too early.
    Failed,
}

impl SubAgentStatus {
    /// The specification's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// What a subagent has to say at its end (coding-agent-loop-spec 7.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SubAgentResult {
    /// Its last text; what it had said so far when it failed.
    pub output: String,
    /// Whether it came to its own end with an answer.
    pub success: bool,
    /// Responses of its model in its whole life.
    pub turns_used: u32,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

impl SubAgentResult {
    pub(super) fn completed(output: String, turns_used: u32) -> Self {
        Self {
            output,
            success: true,
            turns_used,
            failure: None,
        }
    }

    pub(super) fn failed(reason: impl Into<String>, output: String, turns_used: u32) -> Self {
        Self {
            output,
            success: false,
            turns_used,
            failure: Some(reason.into()),
        }
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> SubAgentStatus {
        match self.success {
            true => SubAgentStatus::Completed,
            false => SubAgentStatus::Failed,
        }
    }

    /// The result as the parent's model reads it.
    pub(crate) fn render(&self, id: &str) -> String {
        let turns = self.turns_used;
        let mut text = format!(
            "{id}: {} (success: {}, turns used: {turns})",
            self.status().as_str(),
            self.success
        );
        if let Some(failure) = &self.failure {
            let _ = write!(text, "\nWhy it failed: {failure}");
        }
        match (self.output.trim(), self.success) {
            ("", _) => text.push_str("\nIt said nothing."),
            (output, true) => {
                let _ = write!(text, "\n\n{output}");
            }
            (output, false) => {
                let _ = write!(text, "\nWhat it said last:\n\n{output}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_reason_and_the_last_words() {
        let done = SubAgentResult::completed("Two tests.\n".to_owned(), 3);
        let failed = SubAgentResult::failed("its limit of 2 turns is reached", String::new(), 2);
        assert_eq!(
            done.render("agent-1"),
            "agent-1: COMPLETED (success: true, turns used: 3)\n\nTwo tests."
        );
        assert_eq!(
            failed.render("agent-2"),
            "agent-2: FAILED (success: false, turns used: 2)\nWhy it failed: its limit of 2 turns \
             is reached\nIt said nothing."
        );
    }
}

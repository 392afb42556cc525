//! Where a session is in its life, and which steps are possible.

use serde::Serialize;

/// The state of a session (coding-agent-loop-spec 2.3). Complete: these are the specification's.
#[expect(clippy::exhaustive_enums, reason = "the specification's four states")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionState {
    /// Waits for input.
    Idle,
    /// Works on an input.
    Processing,
    /// The model asked a question: the next input is its answer.
    AwaitingInput,
    /// Ended; takes no more input.
    Closed,
}

impl SessionState {
    /// Whether the specification has a step from here to there.
    pub(super) fn can_become(self, next: Self) -> bool {
        use SessionState::{AwaitingInput, Closed, Idle, Processing};
        match (self, next) {
            (Closed, _) => false,
            (_, Closed | Processing) => true,
            (from, Idle | AwaitingInput) => from == Processing,
        }
    }
}

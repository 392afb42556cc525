//! What came of an input.

use attractor_llm::{FinishReasonKind, Usage};
use serde::Serialize;

/// Why the loop stopped (coding-agent-loop-spec 2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// The model answered without calling a tool.
    Completed,
    /// `max_tool_rounds_per_input` was reached.
    ToolRoundLimit,
    /// `max_turns` was reached.
    TurnLimit,
    /// The [`Budget`](super::Budget) is used up.
    BudgetLimit,
    /// The host's [`SessionGuard`](super::SessionGuard) let it go no further.
    HostLimit,
    /// Round after round, no tool call could be executed: cut off, or not JSON.
    InvalidToolCalls,
    /// The host aborted the session.
    Aborted,
}

/// The end of an input and its follow-ups.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Submission {
    /// The text of the last answer.
    pub text: String,
    /// Why the loop stopped.
    pub stop: StopReason,
    /// Why the model stopped its last answer; absent when there was none.
    pub finish_reason: Option<FinishReasonKind>,
    /// The tokens of all requests.
    pub usage: Usage,
    /// Requests that were answered.
    pub responses: u32,
}

impl Submission {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            stop: StopReason::Completed,
            finish_reason: None,
            usage: Usage::default(),
            responses: 0,
        }
    }
}

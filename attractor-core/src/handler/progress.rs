use serde::{Deserialize, Serialize};

use crate::interviewer::{Answer, Question};
use crate::run::UsageTotals;

/// Something a stage reports while it works.
///
/// The engine appends every report to the run's journal, except the two deltas, which only live
/// readers of the run's events see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StageProgress {
    /// A model is asked.
    ModelRequestStarted {
        /// Key of the provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// A model has answered; the numbers count against the run's budget.
    ModelResponse {
        /// Key of the provider.
        provider: String,
        /// The model.
        model: String,
        /// Tokens of the request, those from the cache included.
        input_tokens: u64,
        /// Tokens of the answer.
        output_tokens: u64,
        /// Tokens of the answer that were spent on reasoning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reasoning_tokens: Option<u64>,
        /// Tokens of the request that came from the provider's cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_read_tokens: Option<u64>,
        /// Tokens of the request that were put into the provider's cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_write_tokens: Option<u64>,
        /// What the answer cost, in millionths of a US dollar; nothing where it isn't known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_micro_usd: Option<u64>,
    },
    /// A tool call of the model begins.
    ToolCallStarted {
        /// The call.
        call_id: String,
        /// Name of the tool.
        tool: String,
        /// What it's about to do, in one line.
        summary: String,
    },
    /// A tool call of the model has ended.
    ToolCallCompleted {
        /// The call.
        call_id: String,
        /// Name of the tool.
        tool: String,
        /// Whether it failed.
        is_error: bool,
        /// What came out, in one line.
        summary: String,
    },
    /// A finished message of the model.
    Text {
        /// The message.
        text: String,
    },
    /// A piece of a message. Live only.
    TextDelta {
        /// The piece.
        text: String,
    },
    /// A piece of a tool's output. Live only.
    ToolOutputDelta {
        /// The call; for a tool node, the node's id.
        call_id: String,
        /// The piece.
        text: String,
    },
    /// Something a person should know.
    Warning {
        /// What.
        message: String,
    },
    /// A person is asked.
    InterviewStarted {
        /// The question.
        question: Question,
    },
    /// A person has answered.
    InterviewCompleted {
        /// The answer.
        answer: Answer,
        /// How long it took.
        duration_ms: u64,
    },
    /// Nobody answered in time.
    InterviewTimeout {
        /// How long was waited.
        duration_ms: u64,
    },
    /// A pipeline that the stage runs has used something, which counts against this run's budget
    /// too.
    ChildUsage {
        /// How much.
        #[serde(flatten)]
        usage: UsageTotals,
    },
}

impl StageProgress {
    /// Whether the report isn't journaled.
    pub fn is_live_only(&self) -> bool {
        matches!(self, Self::TextDelta { .. } | Self::ToolOutputDelta { .. })
    }

    /// The report's name in the journal, for example `model_response`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ModelRequestStarted { .. } => "model_request_started",
            Self::ModelResponse { .. } => "model_response",
            Self::ToolCallStarted { .. } => "tool_call_started",
            Self::ToolCallCompleted { .. } => "tool_call_completed",
            Self::Text { .. } => "text",
            Self::TextDelta { .. } => "text_delta",
            Self::ToolOutputDelta { .. } => "tool_output_delta",
            Self::Warning { .. } => "warning",
            Self::InterviewStarted { .. } => "interview_started",
            Self::InterviewCompleted { .. } => "interview_completed",
            Self::InterviewTimeout { .. } => "interview_timeout",
            Self::ChildUsage { .. } => "child_usage",
        }
    }
}

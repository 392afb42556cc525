use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::artifact::ArtifactInfo;
use crate::graph::NodeId;
use crate::interviewer::{Answer, Question};
use crate::run::{BranchPath, JournalEntry, UsageTotals};

/// Something a stage reports while it works.
///
/// The engine appends every report to the run's journal, except the two deltas and what happens in
/// a child run, which only live readers of the run's events see.
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
        /// What it was given, long texts cut short; for readers, nothing is decided by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<Value>,
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
        /// What came out, its middle cut out where it is long; nothing if the line says it all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<String>,
    },
    /// A command around a tool call of the model has ended.
    ToolHookCompleted {
        /// Which of the two.
        hook: HookKind,
        /// The call.
        call_id: String,
        /// Name of the tool.
        tool: String,
        /// How the command exited; nothing if it couldn't be started.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        /// Why it failed; a call whose pre-hook failed isn't executed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// How long it took.
        duration_ms: u64,
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
    /// A model's session has taken a message that was sent to it while it worked.
    Steered {
        /// The message.
        message: String,
    },
    /// The stage executes a run of another pipeline.
    ChildStarted {
        /// The child run.
        run_id: String,
        /// Name of its graph.
        name: String,
        /// Whether an earlier process, or an earlier attempt, had begun it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        resumed: bool,
    },
    /// An artifact was stored.
    ArtifactStored {
        /// What it is.
        #[serde(flatten)]
        info: ArtifactInfo,
        /// Its data, unless that is in a file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
    },
    /// An artifact was removed.
    ArtifactRemoved {
        /// Its id.
        id: String,
    },
    /// A pipeline that the stage runs has used something, which counts against this run's budget
    /// too.
    ChildUsage {
        /// How much.
        #[serde(flatten)]
        usage: UsageTotals,
    },
    /// The execution of the child run has ended.
    ChildCompleted {
        /// The child run.
        run_id: String,
        /// `success`, `fail` or `cancelled`.
        status: String,
        /// Why it failed or was stopped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// How long this process worked on it.
        duration_ms: u64,
    },
    /// A manager has looked at its child run.
    ManagerCycle {
        /// Number of the look, from 1.
        cycle: u32,
        /// What it did: `observe`, `steer`, `stop` or `escalate`.
        action: String,
        /// What it told the child, or why it stopped it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Something happened in the child run. Live only: the child's own journal has it.
    Child {
        /// The child run.
        run_id: String,
        /// What happened.
        update: Box<ChildUpdate>,
    },
}

/// Something that happened in a child run. What happens in a child of that child is a
/// [`Live`](Self::Live) update whose report is a [`StageProgress::Child`] again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChildUpdate {
    /// An entry was appended to its journal.
    Entry(JournalEntry),
    /// A stage of it reported something that isn't journaled.
    Live {
        /// The branch the stage is in; nothing for the main walk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<BranchPath>,
        /// The node.
        node: NodeId,
        /// The report.
        progress: StageProgress,
    },
}

/// Which command around a tool call.
///
/// Complete by definition: attractor-spec 9.7 names these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "attractor-spec 9.7 names exactly these two"
)]
pub enum HookKind {
    /// `tool_hooks.pre`: before the call, which it may refuse.
    Pre,
    /// `tool_hooks.post`: after it.
    Post,
}

impl HookKind {
    /// The word that journals use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
        }
    }
}

impl StageProgress {
    /// Whether the report isn't journaled.
    pub fn is_live_only(&self) -> bool {
        matches!(
            self,
            Self::TextDelta { .. } | Self::ToolOutputDelta { .. } | Self::Child { .. }
        )
    }

    /// The report's name in the journal, for example `model_response`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ModelRequestStarted { .. } => "model_request_started",
            Self::ModelResponse { .. } => "model_response",
            Self::ToolCallStarted { .. } => "tool_call_started",
            Self::ToolCallCompleted { .. } => "tool_call_completed",
            Self::ToolHookCompleted { .. } => "tool_hook_completed",
            Self::Text { .. } => "text",
            Self::TextDelta { .. } => "text_delta",
            Self::ToolOutputDelta { .. } => "tool_output_delta",
            Self::Warning { .. } => "warning",
            Self::InterviewStarted { .. } => "interview_started",
            Self::InterviewCompleted { .. } => "interview_completed",
            Self::InterviewTimeout { .. } => "interview_timeout",
            Self::Steered { .. } => "steered",
            Self::ChildStarted { .. } => "child_started",
            Self::ArtifactStored { .. } => "artifact_stored",
            Self::ArtifactRemoved { .. } => "artifact_removed",
            Self::ChildUsage { .. } => "child_usage",
            Self::ChildCompleted { .. } => "child_completed",
            Self::ManagerCycle { .. } => "manager_cycle",
            Self::Child { .. } => "child",
        }
    }
}

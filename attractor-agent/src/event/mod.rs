//! What a session tells its host while it works.

mod bus;

use std::{sync::Arc, time::SystemTime};

use attractor_llm::{FinishReasonKind, Usage};
use serde::{Serialize, Serializer};
use serde_json::Value;

pub(crate) use self::bus::Bus;
pub use self::bus::SessionEvents;
use crate::{
    session::SessionState,
    subagent::{SubAgentResult, SubAgentStatus},
};

/// One event of a session (coding-agent-loop-spec 2.9).
///
/// In JSON it has the specification's shape: `kind`, `data`, `timestamp`, `session_id`.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SessionEvent {
    /// What happened, with its data.
    #[serde(flatten)]
    pub kind: EventKind,
    /// When; RFC 3339 in JSON.
    #[serde(serialize_with = "rfc_3339")]
    pub timestamp: SystemTime,
    /// The session.
    #[serde(serialize_with = "text")]
    pub session_id: Arc<str>,
}

/// Which limit ended an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitKind {
    /// `max_tool_rounds_per_input`.
    ToolRounds,
    /// `max_turns`, the session's or a budget's.
    Turns,
    /// A budget's cost.
    Cost,
    /// A budget's tokens.
    Tokens,
    /// A budget's wall time.
    WallTime,
    /// The host's [`SessionGuard`](crate::SessionGuard) let it go no further.
    Host,
}

/// What happened in a session.
///
/// The kinds of the specification; `MODEL_REQUEST`, which lets a host show that the model is being
/// waited for; `MODEL_CHANGED` and `SYSTEM_INJECTED`, which tell of what the host asked for; and
/// three that tell of subagents.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", content = "data", rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum EventKind {
    /// The session has its system prompt and is about to take its first input.
    SessionStart {
        /// The provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// The session is closed; the last event.
    SessionEnd {
        /// The final state.
        state: SessionState,
        /// Why it ended.
        reason: String,
    },
    /// An input was taken.
    UserInput {
        /// Its text.
        content: String,
    },
    /// The input and all follow-ups are done.
    ProcessingEnd {
        /// The state the session is in now.
        state: SessionState,
    },
    /// A request is about to be sent to the model.
    ModelRequest {
        /// The provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// The model began to answer.
    AssistantTextStart,
    /// More text of the answer.
    AssistantTextDelta {
        /// The text to append.
        delta: String,
    },
    /// The answer is complete.
    AssistantTextEnd {
        /// Its whole text; empty when the model only called tools.
        text: String,
        /// The model's reasoning, where it is readable.
        reasoning: Option<String>,
        /// The provider that answered.
        provider: String,
        /// The model that answered.
        model: String,
        /// Why it stopped.
        finish_reason: FinishReasonKind,
        /// The tokens of this request.
        usage: Usage,
        /// What it cost, where the model's price is known.
        cost_micro_usd: Option<u64>,
        /// How many tools it calls.
        tool_calls: usize,
    },
    /// A tool call begins.
    ToolCallStart {
        /// The call.
        call_id: String,
        /// The tool.
        tool_name: String,
        /// Its arguments.
        arguments: Value,
        /// What it does, in one line.
        summary: String,
    },
    /// More output of a running tool.
    ToolCallOutputDelta {
        /// The call.
        call_id: String,
        /// The output to append.
        delta: String,
    },
    /// A tool call has ended.
    ToolCallEnd {
        /// The call.
        call_id: String,
        /// The tool.
        tool_name: String,
        /// The full output, however much of it the model is shown. Of a command's output beyond
        /// 1 MiB per stream, head and tail and the name of the file that has it all.
        #[serde(serialize_with = "text")]
        output: Arc<str>,
        /// Whether it failed.
        is_error: bool,
        /// How long it took.
        duration_ms: u64,
    },
    /// A steering message became part of the conversation.
    SteeringInjected {
        /// Its text.
        content: String,
    },
    /// A word of the host or of the session itself became part of the conversation.
    SystemInjected {
        /// Its text.
        content: String,
    },
    /// From here on another model is asked.
    ModelChanged {
        /// The provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// A limit ended the input.
    TurnLimit {
        /// Which one.
        limit: LimitKind,
        /// Its value: a count, millionths of a US dollar, or milliseconds.
        value: u64,
    },
    /// The tool calls repeat; the model was told.
    LoopDetection {
        /// What it was told.
        message: String,
    },
    /// A subagent begins its task.
    SubagentStart {
        /// Its id, such as `agent-1`, by which the model names it.
        agent_id: String,
        /// Its session.
        session_id: String,
        /// Its task.
        task: String,
        /// Where it works.
        working_dir: String,
        /// The provider.
        provider: String,
        /// The model.
        model: String,
    },
    /// Something happened in a subagent.
    SubagentEvent {
        /// The subagent.
        agent_id: String,
        /// The event of its session, with that session's id; that of a subagent of its own lies in
        /// another `SUBAGENT_EVENT`.
        event: Box<SessionEvent>,
    },
    /// A subagent has ended its task, or what it was given after it. Of one that was stopped, what it
    /// was doing may still be told to end after this.
    SubagentEnd {
        /// The subagent.
        agent_id: String,
        /// Its session.
        session_id: String,
        /// How it stands.
        status: SubAgentStatus,
        /// What it has to say.
        result: SubAgentResult,
    },
    /// Something that may matter and stops nothing.
    Warning {
        /// What.
        message: String,
    },
    /// The input failed.
    Error {
        /// Why.
        message: String,
        /// Whether submitting again may succeed.
        retryable: bool,
    },
}

impl EventKind {
    /// Whether it is a piece of something that a later event has whole: these are dropped first
    /// when a subscriber falls behind.
    #[must_use]
    pub fn is_delta(&self) -> bool {
        match self {
            Self::AssistantTextDelta { .. } | Self::ToolCallOutputDelta { .. } => true,
            Self::SubagentEvent { event, .. } => event.kind.is_delta(),
            _ => false,
        }
    }
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn rfc_3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let time = jiff::Timestamp::try_from(*time).map_err(serde::ser::Error::custom)?;
    serializer.collect_str(&time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_specified_shape() {
        let event = SessionEvent {
            kind: EventKind::SteeringInjected {
                content: "stop".to_owned(),
            },
            timestamp: SystemTime::UNIX_EPOCH,
            session_id: Arc::from("s"),
        };
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"kind":"STEERING_INJECTED","data":{"content":"stop"},"timestamp":"1970-01-01T00:00:00Z","session_id":"s"}"#
        );
    }
}

use std::pin::Pin;

use futures::Stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FinishReason, Response, ThinkingData, ToolCall, ToolResult, Usage, Warning};
use crate::error::Error;

/// The events of one response, as they arrive.
///
/// The specification's ERROR event is the `Err` item: there is at most one, it comes last, and it
/// carries what had arrived in [`Error::partial_response`]. Dropping the stream cancels the
/// request.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<StreamEvent, Error>> + Send>>;

/// One event of a stream.
///
/// Text, reasoning and tool calls come as start, deltas, end; an end carries the whole of what its
/// deltas added up to. Segments may interleave: the id tells them apart.
///
/// Source: unified-llm-spec 3.13 and 3.14.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamEvent {
    /// The provider has begun to answer.
    StreamStart {
        /// The provider's id of the response, where it is known already.
        id: Option<String>,
        /// The model that answers, where it is known already.
        model: Option<String>,
        /// The provider that answers.
        provider: String,
        /// What didn't fail the request but may matter.
        #[serde(default)]
        warnings: Vec<Warning>,
    },
    /// A text segment begins.
    TextStart {
        /// Tells the segment from others.
        text_id: String,
    },
    /// More of a text segment.
    TextDelta {
        /// The segment.
        text_id: String,
        /// The text to append.
        delta: String,
    },
    /// A text segment is complete.
    TextEnd {
        /// The segment.
        text_id: String,
        /// All of its text.
        text: String,
    },
    /// Reasoning begins.
    ReasoningStart {
        /// Tells the segment from others.
        reasoning_id: String,
    },
    /// More reasoning.
    ReasoningDelta {
        /// The segment.
        reasoning_id: String,
        /// The text to append.
        delta: String,
    },
    /// A segment of reasoning is complete.
    ReasoningEnd {
        /// The segment.
        reasoning_id: String,
        /// All of it, with its signature; redacted reasoning has no deltas before this.
        thinking: ThinkingData,
    },
    /// The model begins to call a tool.
    ToolCallStart {
        /// The call.
        id: String,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments.
    ToolCallDelta {
        /// The call.
        id: String,
        /// JSON text to append.
        delta: String,
    },
    /// A tool call is complete.
    ToolCallEnd {
        /// The call; not to be executed when its `invalid` is set.
        tool_call: ToolCall,
    },
    /// A step is over and its tools were executed; another follows. Only in the streams of
    /// [`stream`](crate::stream) and [`stream_object`](crate::stream_object).
    StepFinish {
        /// Why the step's generation stopped.
        finish_reason: FinishReason,
        /// Tokens that the step used.
        usage: Usage,
        /// What the tools gave, in the order of their calls.
        tool_results: Vec<ToolResult>,
    },
    /// The response is complete; always the last event of a stream that succeeds.
    Finish {
        /// Why the generation stopped.
        finish_reason: FinishReason,
        /// Tokens used.
        usage: Usage,
        /// All of it, equal to what `complete` would have returned.
        response: Box<Response>,
    },
    /// Something of this provider that the unified model has no word for.
    ProviderEvent {
        /// The provider.
        provider: String,
        /// The event as it came.
        raw: Value,
    },
}

/// What an adapter of another crate makes its events with.
impl StreamEvent {
    /// The provider has begun to answer.
    #[must_use]
    pub fn stream_start(
        provider: impl Into<String>,
        id: impl Into<String>,
        model: impl Into<String>,
    ) -> Self {
        Self::StreamStart {
            id: Some(id.into()),
            model: Some(model.into()),
            provider: provider.into(),
            warnings: Vec::new(),
        }
    }

    /// More of a text segment.
    #[must_use]
    pub fn text_delta(text_id: impl Into<String>, delta: impl Into<String>) -> Self {
        let (text_id, delta) = (text_id.into(), delta.into());
        Self::TextDelta { text_id, delta }
    }

    /// A text segment is complete.
    #[must_use]
    pub fn text_end(text_id: impl Into<String>, text: impl Into<String>) -> Self {
        let (text_id, text) = (text_id.into(), text.into());
        Self::TextEnd { text_id, text }
    }

    /// The response is complete.
    #[must_use]
    pub fn finish(response: Response) -> Self {
        Self::Finish {
            finish_reason: response.finish_reason.clone(),
            usage: response.usage.clone(),
            response: Box::new(response),
        }
    }

    /// Something of the provider's own.
    #[must_use]
    pub fn provider_event(provider: impl Into<String>, raw: Value) -> Self {
        let provider = provider.into();
        Self::ProviderEvent { provider, raw }
    }
}

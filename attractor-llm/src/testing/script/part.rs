//! [`Part`]: one block of a turn's content.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One block of what the scripted model answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Part {
    /// Text.
    #[non_exhaustive]
    Text {
        /// The words.
        text: String,
    },
    /// A call of a tool.
    #[non_exhaustive]
    ToolCall {
        /// The tool.
        name: String,
        /// Its arguments, an object.
        #[serde(default)]
        arguments: Value,
        /// The text to stream instead of `arguments`, for example cut off or not JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw_arguments: Option<String>,
        /// The call's id; without one, an id that follows from the turn and the conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Thinking that can be read.
    #[non_exhaustive]
    Thinking {
        /// The thoughts.
        text: String,
        /// The opaque signature that must come back unchanged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// Thinking that can't be read.
    #[non_exhaustive]
    RedactedThinking {
        /// The opaque data that must come back unchanged.
        data: String,
    },
    /// A content block in the provider's own format, sent as it is.
    #[non_exhaustive]
    Block {
        /// The block.
        value: Value,
    },
    /// A raw event in the stream, for example an unknown one or one that isn't JSON; not part of
    /// an answer that isn't streamed.
    #[non_exhaustive]
    Event {
        /// The event's name.
        name: String,
        /// The event's data, sent as it is.
        data: String,
    },
    /// The provider reports a failure in the middle of a stream, and the stream ends; an answer
    /// that isn't streamed is an HTTP error instead.
    #[non_exhaustive]
    StreamError {
        /// The provider's error type, for example `overloaded_error`.
        code: String,
        /// What it says.
        message: String,
    },
}

impl Part {
    /// The number of characters the model produced for this block.
    pub(crate) fn len_chars(&self) -> usize {
        match self {
            Self::Text { text } | Self::Thinking { text, .. } => text.chars().count(),
            Self::ToolCall {
                name,
                arguments,
                raw_arguments,
                ..
            } => {
                name.len()
                    + raw_arguments
                        .as_ref()
                        .map_or_else(|| arguments.to_string().len(), String::len)
            }
            Self::RedactedThinking { data } => data.len(),
            Self::Block { value } => value.to_string().len(),
            Self::Event { .. } | Self::StreamError { .. } => 0,
        }
    }
}

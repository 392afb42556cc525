use std::fmt;

use serde::{Deserialize, Serialize};

/// Why the generation stopped, in the unified word and in the provider's.
///
/// Source: unified-llm-spec 3.8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FinishReason {
    /// The unified reason.
    pub reason: FinishReasonKind,
    /// The provider's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

impl FinishReason {
    /// A reason with the provider's word for it.
    #[must_use]
    pub fn new(reason: FinishReasonKind, raw: impl Into<String>) -> Self {
        Self {
            reason,
            raw: Some(raw.into()),
        }
    }
}

impl From<FinishReasonKind> for FinishReason {
    fn from(reason: FinishReasonKind) -> Self {
        Self { reason, raw: None }
    }
}

/// The unified reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReasonKind {
    /// The model was done.
    Stop,
    /// A token limit cut it off.
    Length,
    /// It wants tools.
    ToolCalls,
    /// A safety filter stopped it.
    ContentFilter,
    /// Something failed while it generated.
    Error,
    /// The provider has a reason that is none of these.
    Other,
}

impl fmt::Display for FinishReasonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Error => "error",
            Self::Other => "other",
        })
    }
}

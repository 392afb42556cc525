//! [`Match`]: which requests a turn answers.

use serde::{Deserialize, Serialize};

use crate::testing::conversation::Conversation;

/// The condition of a turn: every field that is given must hold.
///
/// Counts are over the whole conversation in the request, so they don't depend on what the player
/// answered before.
///
/// ```
/// use attractor_llm::testing::Match;
///
/// let second_step = Match::any().system_contains("coding agent").tool_results(1);
/// assert_eq!(second_step.tool_results, Some(1));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Match {
    /// Text found in the last message, tool results included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_contains: Option<String>,
    /// Text found in the system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_contains: Option<String>,
    /// Text found in any message, tool results included, the system prompt not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_message_contains: Option<String>,
    /// Number of tool results in the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_results: Option<usize>,
    /// Number of assistant messages in the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assistant_messages: Option<usize>,
    /// The model named in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether the request asks for a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
}

impl Match {
    /// Holds for every request.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// The last message, a user message or a round of tool results, contains `text`.
    #[must_use]
    pub fn last_message_contains(mut self, text: impl Into<String>) -> Self {
        self.last_message_contains = Some(text.into());
        self
    }

    /// The system prompt contains `text`.
    #[must_use]
    pub fn system_contains(mut self, text: impl Into<String>) -> Self {
        self.system_contains = Some(text.into());
        self
    }

    /// Some message contains `text`.
    #[must_use]
    pub fn any_message_contains(mut self, text: impl Into<String>) -> Self {
        self.any_message_contains = Some(text.into());
        self
    }

    /// The conversation has exactly `count` tool results.
    #[must_use]
    pub fn tool_results(mut self, count: usize) -> Self {
        self.tool_results = Some(count);
        self
    }

    /// The conversation has exactly `count` assistant messages.
    #[must_use]
    pub fn assistant_messages(mut self, count: usize) -> Self {
        self.assistant_messages = Some(count);
        self
    }

    /// The request names `model`.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The request asks for a stream, or doesn't.
    #[must_use]
    pub fn stream(mut self, stream: bool) -> Self {
        self.stream = Some(stream);
        self
    }

    /// The first field that doesn't hold, as a sentence fragment; `None` if all hold.
    pub(crate) fn mismatch(&self, conversation: &Conversation) -> Option<String> {
        text_mismatch(
            "last message",
            self.last_message_contains.as_deref(),
            |text| conversation.last_text().contains(text),
        )
        .or_else(|| {
            text_mismatch("system prompt", self.system_contains.as_deref(), |text| {
                conversation.system.contains(text)
            })
        })
        .or_else(|| {
            text_mismatch("no message", self.any_message_contains.as_deref(), |text| {
                conversation
                    .texts
                    .iter()
                    .any(|message| message.contains(text))
            })
        })
        .or_else(|| mismatch("tool_results", self.tool_results, conversation.tool_results))
        .or_else(|| {
            let found = conversation.assistant_messages;
            mismatch("assistant_messages", self.assistant_messages, found)
        })
        .or_else(|| mismatch("model", self.model.as_deref(), conversation.model.as_str()))
        .or_else(|| mismatch("stream", self.stream, conversation.stream))
    }

    /// Whether the match holds for every request.
    pub(crate) fn is_any(&self) -> bool {
        *self == Self::default()
    }
}

fn text_mismatch(
    place: &str,
    wanted: Option<&str>,
    holds: impl Fn(&str) -> bool,
) -> Option<String> {
    let wanted = wanted.filter(|text| !holds(text))?;
    let verb = if place.starts_with("no ") {
        "contains"
    } else {
        "doesn't contain"
    };
    Some(format!("{place} {verb} {wanted:?}"))
}

fn mismatch<T: PartialEq + std::fmt::Debug>(
    field: &str,
    wanted: Option<T>,
    found: T,
) -> Option<String> {
    let wanted = wanted.filter(|wanted| *wanted != found)?;
    Some(format!("{field} is {found:?}, not {wanted:?}"))
}

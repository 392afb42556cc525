//! [`Turn`]: one answer of the scripted model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Delivery, Match, Part};

/// One answer: what it says, to which requests, how often and how it travels.
///
/// ```
/// use attractor_llm::testing::{Match, Turn};
/// use serde_json::json;
///
/// let turn = Turn::thinking("A test fails.", "c2lnbmF0dXJl")
///     .and_text("I'll run it.")
///     .and_tool_call("shell", json!({"command": "./test.sh"}))
///     .usage(900, 40)
///     .when(Match::any().tool_results(0))
///     .repeat();
/// assert_eq!(turn.content.len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Turn {
    /// The requests that it answers.
    #[serde(default, rename = "match", skip_serializing_if = "Match::is_any")]
    pub when: Match,
    /// How often it answers; ignored under `repeat`.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
    /// Answers any number of times.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
    /// The blocks of the answer, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Part>,
    /// Why the model stopped. `stop`, `length`, `tool_calls` and `content_filter` are translated
    /// into the provider's word, anything else is sent as it is. Without one: `tool_calls` if the
    /// content calls a tool, else `stop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// The reported usage; without one, an estimate of four characters a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenCounts>,
    /// An HTTP error in place of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<HttpError>,
    /// Headers of the HTTP response.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How the answer travels.
    #[serde(default, skip_serializing_if = "Delivery::is_default")]
    pub delivery: Delivery,
}

/// Token counts of a turn, in the meaning of the protocol that sends them.
///
/// For the Messages API `input` excludes what was read from or written to the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenCounts {
    /// Tokens of the prompt.
    pub input: u64,
    /// Tokens of the answer.
    pub output: u64,
    /// Tokens of the answer spent on thinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
    /// Tokens read from the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Tokens written to the prompt cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
}

/// An HTTP error in place of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpError {
    /// The status code.
    pub status: u16,
    /// The message, which the server wraps in the protocol's error body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The body to send instead: a string goes out as it is, anything else as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

pub(super) fn once() -> u32 {
    1
}

fn is_once(times: &u32) -> bool {
    *times == once()
}

//! [`Protocol`]: one wire format, as functions from values to values, and the list of them.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use serde_json::Value;

use super::body;
use super::prompt_cache::Caching;
use crate::testing::answer::Answer;
use crate::testing::conversation::Conversation;
use crate::testing::http::EVENT_STREAM;

/// The wire formats the server speaks. A new one is a folder beside these and a line here.
pub(super) const PROTOCOLS: &[&dyn Protocol] = &[
    &super::anthropic::Anthropic,
    &super::gemini::Gemini,
    &super::openai::OpenAi,
    &super::chat::Chat,
    #[cfg(feature = "bedrock")]
    &super::bedrock::Bedrock,
];

/// A wire format. Nothing in it touches a socket, a clock or a counter.
pub(super) trait Protocol: Debug + Send + Sync + 'static {
    /// The paths it speaks, for people to read.
    fn paths(&self) -> &'static [&'static str];

    /// Whether it speaks this path.
    fn speaks(&self, path: &str) -> bool;

    /// Reads the facts of a request, or refuses it as the real service would.
    fn read(&self, request: &Received<'_>) -> Result<Conversation, Refusal>;

    /// What decides how much of a prompt is cached.
    fn caching(&self) -> Caching {
        Caching::Automatic
    }

    /// The body of an answer that isn't streamed.
    fn whole(&self, answer: &Answer) -> Value;

    /// The events of a streamed answer, each with its framing; the terminal event is last.
    fn events(&self, answer: &Answer) -> Vec<Bytes>;

    /// The headers of an answer.
    fn headers(&self, _answer: &Answer) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// The content type of a stream.
    fn stream_type(&self) -> &'static str {
        EVENT_STREAM
    }

    /// The events, framed as untidy proxies do.
    fn untidy(&self, events: &[Bytes]) -> Vec<Bytes> {
        body::untidy(events)
    }

    /// The status of a failure with this error type.
    fn status(&self, code: &str) -> u16;

    /// The body of an error.
    fn error(&self, status: u16, code: Option<&str>, message: &str) -> Value;
}

/// A request as far as a protocol reads it.
#[derive(Debug)]
pub(super) struct Received<'a> {
    pub(super) path: &'a str,
    pub(super) headers: &'a BTreeMap<String, String>,
    pub(super) body: &'a Value,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Refusal {
    /// The request is malformed.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
        }
    }
}

/// The protocol that speaks `path`.
pub(super) fn protocol_for(path: &str) -> Option<&'static dyn Protocol> {
    PROTOCOLS
        .iter()
        .copied()
        .find(|protocol| protocol.speaks(path))
}

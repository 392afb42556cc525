//! The chunk that most of a stream is made of, read without making values of it.
//!
//! Whatever has a field that isn't here, or a form that isn't this, is read as any JSON.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// A chunk with a piece of text, of reasoning or of a call's arguments, and nothing new beside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plain<'a> {
    id: Option<IgnoredAny>,
    object: Option<IgnoredAny>,
    created: Option<IgnoredAny>,
    model: Option<IgnoredAny>,
    provider: Option<IgnoredAny>,
    service_tier: Option<IgnoredAny>,
    system_fingerprint: Option<IgnoredAny>,
    #[serde(rename = "obfuscation")]
    _obfuscation: Option<IgnoredAny>,
    #[serde(rename = "p")]
    _padding: Option<IgnoredAny>,
    #[serde(rename = "usage")]
    _usage: Option<()>,
    #[serde(borrow)]
    choices: [Choice<'a>; 1],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice<'a> {
    #[serde(default)]
    index: u64,
    #[serde(rename = "finish_reason")]
    _finish_reason: Option<()>,
    #[serde(rename = "native_finish_reason")]
    _native_finish_reason: Option<()>,
    #[serde(rename = "logprobs")]
    _logprobs: Option<()>,
    #[serde(rename = "token_ids")]
    _token_ids: Option<()>,
    #[serde(borrow)]
    delta: Delta<'a>,
}

/// What a plain chunk adds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delta<'a> {
    #[serde(rename = "role")]
    _role: Option<IgnoredAny>,
    #[serde(borrow)]
    pub(super) content: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) reasoning: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) reasoning_content: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) tool_calls: Option<[Call<'a>; 1]>,
    #[serde(rename = "refusal")]
    _refusal: Option<()>,
    #[serde(rename = "function_call")]
    _function_call: Option<()>,
}

/// More of the arguments of a call that has begun.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call<'a> {
    pub(super) index: u64,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
    #[serde(rename = "id")]
    _id: Option<()>,
    #[serde(borrow)]
    pub(super) function: Function<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function<'a> {
    #[serde(rename = "name")]
    _name: Option<()>,
    #[serde(borrow)]
    pub(super) arguments: Text<'a>,
}

/// A text, borrowed unless it has escapes.
#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> Plain<'a> {
    pub(super) fn parse(payload: &'a str) -> Option<Self> {
        let plain: Self = serde_json::from_str(payload).ok()?;
        (plain.choices[0].index == 0).then_some(plain)
    }

    /// Whether the completion so far has all that the chunk tells of it.
    pub(super) fn adds_nothing_to(&self, head: &Map<String, Value>) -> bool {
        let told = [
            ("id", &self.id),
            ("object", &self.object),
            ("created", &self.created),
            ("model", &self.model),
            ("provider", &self.provider),
            ("service_tier", &self.service_tier),
            ("system_fingerprint", &self.system_fingerprint),
        ];
        told.iter()
            .all(|(key, value)| value.is_none() || head.contains_key(*key))
    }

    pub(super) fn delta(&self) -> &Delta<'a> {
        &self.choices[0].delta
    }
}

//! The chunk that most of a stream is made of, read without making values of it.
//!
//! Whatever has a field that isn't here, or a form that isn't this, is read as any JSON.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::provider::json;

/// A chunk with a piece of text, of reasoning or of a call's arguments, and nothing new beside.
///
/// What it tells of the completion is a `T`: [`Told`], or nothing where it has been told before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plain<'a, T = IgnoredAny> {
    pub(super) id: Option<T>,
    pub(super) object: Option<T>,
    created: Option<T>,
    pub(super) model: Option<T>,
    provider: Option<T>,
    service_tier: Option<T>,
    system_fingerprint: Option<T>,
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
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
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
    #[serde(borrow)]
    role: Option<Text<'a>>,
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

/// The value of a field, as it was sent.
#[derive(Debug, Deserialize)]
pub(super) struct Told<'a>(#[serde(borrow)] pub(super) &'a RawValue);

impl Told<'_> {
    /// The text that it is, if it says something.
    pub(super) fn text(&self) -> Option<String> {
        let json = self.0.get();
        let text = serde_json::from_str::<String>(json).ok();
        let text = text.or_else(|| match json::parse(json) {
            Ok(Value::String(mended)) => Some(mended),
            _ => None,
        });
        text.filter(|text| !text.is_empty())
    }
}

impl<'a, T: Deserialize<'a>> Plain<'a, T> {
    pub(super) fn parse(payload: &'a str) -> Option<Self> {
        let plain: Self = serde_json::from_str(payload).ok()?;
        (plain.choices[0].index == 0).then_some(plain)
    }
}

impl<'a, T> Plain<'a, T> {
    /// What it tells of the completion, in the order of [`STEADY`](super::head::STEADY).
    pub(super) fn steady(&self) -> [Option<&T>; 7] {
        [
            self.id.as_ref(),
            self.object.as_ref(),
            self.created.as_ref(),
            self.model.as_ref(),
            self.provider.as_ref(),
            self.service_tier.as_ref(),
            self.system_fingerprint.as_ref(),
        ]
    }

    /// Whether it says nothing yet, as a first chunk does.
    pub(super) fn is_silent(&self) -> bool {
        let delta = self.delta();
        let texts = [&delta.content, &delta.reasoning, &delta.reasoning_content];
        let is_role = |role: &Text<'_>| role.0 == "assistant";
        self.finish_reason().is_none()
            && delta.tool_calls.is_none()
            && delta.role.as_ref().is_none_or(is_role)
            && texts.into_iter().flatten().all(|text| text.0.is_empty())
    }

    /// Why the answer ends, if it says so.
    pub(super) fn finish_reason(&self) -> Option<&str> {
        let reason = self.choices[0].finish_reason.as_ref()?;
        Some(&*reason.0).filter(|reason| !reason.is_empty())
    }

    pub(super) fn delta(&self) -> &Delta<'a> {
        &self.choices[0].delta
    }
}

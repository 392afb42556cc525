//! The completion that most are, read without making values of it.
//!
//! Whatever has a field that isn't here, or a form that isn't this, is read as any JSON and gives
//! the same response.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::chunk::Text;
use super::response;
use super::usage::Counts;
use crate::handoff::ToolCallIds;
use crate::provider::protocol::Asked;
use crate::types::{
    ContentPart, FinishReasonKind, Message, Raw, Response, Role, ToolCall, ToolCallData,
};

/// A completion of one choice that is text, calls, or both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Completion<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    object: Option<Text<'a>>,
    #[serde(rename = "created")]
    _created: Option<IgnoredAny>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    choices: [Choice<'a>; 1],
    usage: Option<Counts>,
    #[serde(rename = "service_tier")]
    _service_tier: Option<IgnoredAny>,
    #[serde(rename = "system_fingerprint")]
    _system_fingerprint: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice<'a> {
    #[serde(rename = "index")]
    _index: Option<IgnoredAny>,
    #[serde(borrow)]
    message: Said<'a>,
    #[serde(rename = "logprobs")]
    _logprobs: Option<()>,
    #[serde(borrow)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said<'a> {
    #[serde(rename = "role")]
    _role: Option<IgnoredAny>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(rename = "refusal")]
    _refusal: Option<()>,
    #[serde(rename = "annotations")]
    _annotations: Option<[(); 0]>,
    #[serde(rename = "reasoning")]
    _reasoning: Option<()>,
    #[serde(rename = "reasoning_content")]
    _reasoning_content: Option<()>,
    #[serde(rename = "audio")]
    _audio: Option<()>,
    #[serde(rename = "function_call")]
    _function_call: Option<()>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call<'a> {
    #[serde(rename = "index")]
    _index: Option<IgnoredAny>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(rename = "type")]
    _type: Option<IgnoredAny>,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Function<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    arguments: Text<'a>,
}

/// The response in a body, if it is such a completion.
pub(super) fn translate(body: &Bytes, asked: &Asked) -> Option<Response> {
    // Looking at each text's bytes on their own takes longer than looking at all of them.
    let json = std::str::from_utf8(body).ok()?;
    let completion: Completion<'_> = serde_json::from_str(json).ok()?;
    let is_completion = |object: &Text<'_>| object.0 == "chat.completion";
    if !completion.object.as_ref().is_none_or(is_completion) {
        return None;
    }
    let [choice] = completion.choices;
    let mut parts = parts(choice.message)?;
    let reason = choice.finish_reason.as_ref().map(|reason| &*reason.0);
    let finish_reason = response::finish_reason(reason, &parts, asked);
    if finish_reason.reason == FinishReasonKind::Length {
        response::refuse_cut_off_call(&mut parts);
    }
    let model = completion.model.filter(|model| !model.0.is_empty());
    let model = model.map_or_else(|| asked.model.clone(), |model| model.0.into_owned());
    let message = Message::new(Role::Assistant, parts);
    let mut response = Response::new(&asked.provider, model, message, finish_reason);
    response.id = completion
        .id
        .map(|id| id.0.into_owned())
        .unwrap_or_default();
    if let Some(counts) = completion.usage {
        // A record of something else is for who reads any form, too.
        counts.total_tokens()?;
        response.usage = counts.usage();
        response.usage.raw = Some(Raw::field_of(body.clone(), "usage"));
    }
    response.raw = Some(Raw::from_json(body.clone()));
    Some(response)
}

fn parts(said: Said<'_>) -> Option<Vec<ContentPart>> {
    let calls = said.tool_calls.unwrap_or_default();
    let mut parts = Vec::with_capacity(1 + calls.len());
    parts.extend(
        said.content
            .filter(|text| !text.0.is_empty())
            .map(|text| ContentPart::text(text.0)),
    );
    for call in calls {
        // What has to be kept of another id is for who reads any form.
        if !ToolCallIds::default().accepts(&call.id.0) || call.function.name.0.is_empty() {
            return None;
        }
        let Function { name, arguments } = call.function;
        let call = ToolCall::parse(call.id.0, name.0, arguments.0);
        parts.push(ContentPart::ToolCall(ToolCallData::from(call)));
    }
    Some(parts)
}

//! generateContent body -> `Response`; pure.

use serde_json::{Map, Value};

use super::reply::{CallIds, chosen, is_reply};
use super::{blob, error, kept, usage};
use crate::error::{Error, ErrorKind};
use crate::provider::protocol::Asked;
use crate::types::{
    ContentPart, FinishReason, FinishReasonKind, Message, Origin, OtherData, Response, Role,
    TextData, ThinkingData, ToolCallData,
};

/// What comes with a whole answer and belongs to its text.
pub(super) const OF_ANSWER: &[&str] = &[
    "citationMetadata",
    "groundingMetadata",
    "urlContextMetadata",
];

/// Reasons in the order of their numbers, which is how some servers send them.
const NUMBERED: &[&str] = &[
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
];

/// Translates a whole reply.
///
/// # Errors
///
/// The error that the body reports, or [`ErrorKind::Server`] when it isn't a reply.
pub(super) fn translate(body: Value, asked: &Asked) -> Result<Response, Error> {
    let ids = CallIds::of(&body);
    translate_with(body, asked, &ids)
}

/// Translates a reply whose tool calls have their ids from `ids`.
pub(super) fn translate_with(body: Value, asked: &Asked, ids: &CallIds) -> Result<Response, Error> {
    if error::is_error(&body) {
        return Err(error::from_event(&asked.provider, body));
    }
    if !is_reply(&body) {
        let message = "the reply has neither an answer nor a reason for none";
        return Err(Error::new(ErrorKind::Server, message)
            .with_provider(&asked.provider)
            .with_raw(body));
    }
    let candidate = chosen(&body).unwrap_or(&Value::Null);
    let mut parts = parts(candidate, asked, ids);
    let finish_reason = finish_reason(&body, candidate, &parts);
    if matches!(
        finish_reason.reason,
        FinishReasonKind::Length | FinishReasonKind::Error
    ) {
        refuse_cut_off_call(&mut parts);
    }
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let model = text("modelVersion").unwrap_or_else(|| asked.model.clone());
    let id = text("responseId").unwrap_or_default();
    let usage = usage::usage(&body["usageMetadata"]);
    let message = Message::new(Role::Assistant, parts);
    let mut response = Response::new(&asked.provider, model, message, finish_reason)
        .id(id)
        .usage(usage);
    response.raw = Some(body.into());
    Ok(response)
}

fn parts(candidate: &Value, asked: &Asked, ids: &CallIds) -> Vec<ContentPart> {
    let raw = candidate["content"]["parts"].as_array();
    let mut parts: Vec<ContentPart> = Vec::new();
    let mut calls = 0;
    for value in raw.into_iter().flatten() {
        if let Some(part) = part(value, asked, &ids.id(calls)) {
            calls += usize::from(matches!(part, ContentPart::ToolCall(_)));
            parts.push(part);
        }
    }
    let answer: Map<String, Value> = of_answer(candidate).collect();
    let last_text = parts.iter_mut().rev().find_map(|part| match part {
        ContentPart::Text(data) => Some(data),
        _ => None,
    });
    if let (Some(data), false) = (last_text, answer.is_empty()) {
        kept::keep_answer(&mut data.provider_metadata, answer, asked);
    }
    parts
}

/// What of a candidate belongs to its text, as far as it says anything.
pub(super) fn of_answer(candidate: &Value) -> impl Iterator<Item = (String, Value)> {
    OF_ANSWER.iter().filter_map(|key| {
        let value = candidate.get(*key)?;
        let says = value.as_object().is_some_and(|fields| !fields.is_empty());
        says.then(|| ((*key).to_owned(), value.clone()))
    })
}

/// The unified part; `None` for one that says nothing. A part this crate doesn't know is kept as it
/// is.
pub(super) fn part(value: &Value, asked: &Asked, call_id: &str) -> Option<ContentPart> {
    if value.get("functionCall").is_some_and(Value::is_object) {
        return Some(ContentPart::ToolCall(call(value, asked, call_id)));
    }
    if value.get("inlineData").is_some_and(Value::is_object) {
        return Some(blob::from_answer(value, asked));
    }
    let data = value.as_object()?.keys().find(|key| {
        !matches!(key.as_str(), "text" | "thought" | "partMetadata") && *key != kept::SIGNATURE
    });
    if let Some(kind) = data.filter(|_| !value["text"].is_string()) {
        let other = OtherData::new(kind, &asked.provider, value.clone());
        return Some(ContentPart::Other(other));
    }
    let text = value["text"].as_str().unwrap_or_default();
    if text.is_empty() && kept::signature(value).is_none() {
        return None;
    }
    Some(if value["thought"] == true {
        thought(value, text, asked)
    } else {
        let mut data = TextData::new(text);
        data.provider_metadata = kept::keep(value, "text", asked);
        ContentPart::Text(data)
    })
}

fn thought(value: &Value, text: &str, asked: &Asked) -> ContentPart {
    let data = thinking(value, text, asked);
    if data.redacted {
        ContentPart::RedactedThinking(data)
    } else {
        ContentPart::Thinking(data)
    }
}

pub(super) fn thinking(value: &Value, text: &str, asked: &Asked) -> ThinkingData {
    let mut data = ThinkingData::new(text).origin(Origin::new(&asked.provider, &asked.model));
    data.signature = kept::signature(value).map(str::to_owned);
    data.redacted = text.is_empty();
    data
}

fn call(value: &Value, asked: &Asked, call_id: &str) -> ToolCallData {
    let function = &value["functionCall"];
    let id = function["id"].as_str().filter(|id| !id.is_empty());
    let name = function["name"].as_str().unwrap_or_default();
    let id = id.unwrap_or(call_id);
    let mut data = match &function["args"] {
        args @ Value::Object(_) => ToolCallData::new(id, name, args.clone()),
        Value::Null => ToolCallData::new(id, name, Value::Object(Map::new())),
        Value::String(text) => crate::types::ToolCall::parse(id, name, text.as_str()).into(),
        other => crate::types::ToolCall::parse(id, name, other.to_string()).into(),
    };
    data.provider_metadata = kept::keep(value, "functionCall", asked);
    data
}

/// The provider's word for why the answer ended; an unspecified one is none.
pub(super) fn raw_finish_reason(candidate: &Value) -> Option<String> {
    let word = match &candidate["finishReason"] {
        Value::String(word) => word.clone(),
        Value::Number(number) => {
            let at = number.as_u64().and_then(|it| usize::try_from(it).ok());
            let word = at.and_then(|at| NUMBERED.get(at));
            word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
        }
        _ => return None,
    };
    (!word.is_empty() && word != NUMBERED[0]).then_some(word)
}

/// Why there is no answer at all.
pub(super) fn block_reason(body: &Value) -> Option<&str> {
    let reason = body["promptFeedback"]["blockReason"].as_str()?;
    (!reason.is_empty() && reason != "BLOCK_REASON_UNSPECIFIED").then_some(reason)
}

fn finish_reason(body: &Value, candidate: &Value, parts: &[ContentPart]) -> FinishReason {
    let calls = || {
        let mut parts = parts.iter();
        parts.any(|part| matches!(part, ContentPart::ToolCall(_)))
    };
    let Some(raw) = raw_finish_reason(candidate) else {
        return match block_reason(body) {
            Some(raw) => FinishReason::new(FinishReasonKind::ContentFilter, raw),
            None if calls() => FinishReasonKind::ToolCalls.into(),
            None => FinishReasonKind::Other.into(),
        };
    };
    let kind = match raw.as_str() {
        // The second is the word of servers that imitate the API.
        "STOP" | "FUNCTION_CALL" if calls() => FinishReasonKind::ToolCalls,
        "STOP" => FinishReasonKind::Stop,
        "MAX_TOKENS" => FinishReasonKind::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReasonKind::ContentFilter,
        "MALFORMED_FUNCTION_CALL" | "MALFORMED_RESPONSE" => FinishReasonKind::Error,
        _ => FinishReasonKind::Other,
    };
    FinishReason::new(kind, raw)
}

/// A call at the end of an answer that was cut off can't be trusted, even where its arguments
/// happen to parse.
fn refuse_cut_off_call(parts: &mut [ContentPart]) {
    if let Some(ContentPart::ToolCall(call)) = parts.last_mut() {
        call.invalid = Some("the end of the answer cut the call off".to_owned());
    }
}

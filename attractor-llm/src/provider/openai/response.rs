//! Responses body -> `Response`; pure.

use serde_json::{Map, Value};

use super::{error, item};
use crate::error::{Error, ErrorKind};
use crate::provider::protocol::Asked;
use crate::types::{
    ContentPart, FinishReason, FinishReasonKind, Message, Origin, OtherData, Response, Role,
    TextData, ThinkingData, ToolCall, ToolCallData, Usage,
};

/// What stands between two parts of one item's reasoning.
pub(super) const BETWEEN_THOUGHTS: &str = "\n\n";

/// The word for a model that won't answer, which the API says with a content part.
const REFUSAL: &str = "refusal";

/// Translates a whole response.
///
/// # Errors
///
/// The error that the body reports, or [`ErrorKind::Server`] when it isn't a response.
pub(super) fn translate(body: Value, asked: &Asked) -> Result<Response, Error> {
    if error::is_error(&body) {
        return Err(error::from_event(&asked.provider, body));
    }
    let Some(items) = body.get("output").and_then(Value::as_array) else {
        return Err(Error::new(ErrorKind::Server, "the reply isn't a response")
            .with_provider(&asked.provider)
            .with_raw(body));
    };
    let mut parts: Vec<ContentPart> = Vec::new();
    for (position, item) in items.iter().enumerate() {
        parts.extend(self::parts(item, position, asked));
    }
    let finish_reason = finish_reason(&body, &parts);
    if body["status"] == "incomplete" {
        refuse_cut_off_call(&mut parts);
    }
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let model = text("model").unwrap_or_else(|| asked.model.clone());
    let id = text("id").unwrap_or_default();
    let usage = usage(&body["usage"]);
    let message = Message::new(Role::Assistant, parts);
    let mut response = Response::new(&asked.provider, model, message, finish_reason)
        .id(id)
        .usage(usage);
    response.raw = Some(body.into());
    Ok(response)
}

/// The parts of one item; an item this crate doesn't know is kept as it is.
pub(super) fn parts(item: &Value, position: usize, asked: &Asked) -> Vec<ContentPart> {
    match item["type"].as_str().unwrap_or_default() {
        "message" => message(item, asked),
        "reasoning" => vec![reasoning(item, asked)],
        "function_call" | "custom_tool_call" => vec![call(item, position, asked)],
        other => vec![ContentPart::Other(OtherData::new(
            other,
            &asked.provider,
            item.clone(),
        ))],
    }
}

fn message(item: &Value, asked: &Asked) -> Vec<ContentPart> {
    let own = item::rest(item, &["type", "role", "content"]);
    if let Some(text) = item["content"].as_str() {
        let mut data = TextData::new(text);
        data.provider_metadata = Some(item::keep(asked, own, Map::new()));
        return vec![ContentPart::Text(data)];
    }
    let contents = item["content"].as_array().into_iter().flatten();
    let part = |content: &Value| {
        let kind = content["type"].as_str().unwrap_or_default();
        let (text, beside) = match kind {
            "output_text" | "text" => (&content["text"], item::rest(content, &["type", "text"])),
            REFUSAL => (&content[REFUSAL], item::rest(content, &[REFUSAL])),
            _ => {
                // As an item with nothing but this, so that it can go back.
                let mut raw = item.clone();
                raw["content"] = Value::Array(vec![content.clone()]);
                return ContentPart::Other(OtherData::new(kind, &asked.provider, raw));
            }
        };
        let mut data = TextData::new(text.as_str().unwrap_or_default());
        data.provider_metadata = Some(item::keep(asked, own.clone(), beside));
        ContentPart::Text(data)
    };
    contents.map(part).collect()
}

fn reasoning(item: &Value, asked: &Asked) -> ContentPart {
    let mut data = ThinkingData::new(thoughts(item));
    data.origin = Some(Origin::new(&asked.provider, &asked.model));
    data.signature = item["encrypted_content"].as_str().map(str::to_owned);
    data.redacted = data.text.is_empty();
    let own = item::rest(item, &["type", "encrypted_content"]);
    data.provider_metadata = Some(item::keep(asked, own, Map::new()));
    if data.redacted {
        ContentPart::RedactedThinking(data)
    } else {
        ContentPart::Thinking(data)
    }
}

/// What can be read of a reasoning item: its summary, else the reasoning itself.
pub(super) fn thoughts(item: &Value) -> String {
    let texts = |key: &str| -> Vec<&str> {
        let parts = item[key].as_array().into_iter().flatten();
        let texts = parts.filter_map(|part| part["text"].as_str());
        texts.filter(|text| !text.is_empty()).collect()
    };
    let summary = texts("summary");
    let texts = if summary.is_empty() {
        texts("content")
    } else {
        summary
    };
    texts.join(BETWEEN_THOUGHTS)
}

fn call(item: &Value, position: usize, asked: &Asked) -> ContentPart {
    let call = tool_call(item, position);
    let mut data = ToolCallData::from(call);
    if item["type"] == "custom_tool_call" {
        "custom".clone_into(&mut data.call_type);
    }
    if item["status"] == "incomplete" {
        data.invalid = Some("the call was cut off".to_owned());
    }
    let known = ["type", "call_id", "name", "arguments", "input"];
    data.provider_metadata = Some(item::keep(asked, item::rest(item, &known), Map::new()));
    ContentPart::ToolCall(data)
}

/// The call of an item; `position` names it where the service doesn't.
pub(super) fn tool_call(item: &Value, position: usize) -> ToolCall {
    let text = |key: &str| item[key].as_str().filter(|text| !text.is_empty());
    let id = text("call_id").or_else(|| text("id"));
    let id = id.map_or_else(|| format!("call_{position}"), str::to_owned);
    let name = text("name").unwrap_or_default();
    if item["type"] == "custom_tool_call" {
        let input = text("input").unwrap_or_default();
        let mut call = ToolCall::new(id, name, input.into());
        call.raw_arguments = Some(input.to_owned());
        return call;
    }
    match &item["arguments"] {
        Value::Object(arguments) => {
            let mut call = ToolCall::new(id, name, Value::Object(arguments.clone()));
            call.raw_arguments = Some(item["arguments"].to_string());
            call
        }
        arguments => ToolCall::parse(id, name, arguments.as_str().unwrap_or_default()),
    }
}

fn finish_reason(body: &Value, parts: &[ContentPart]) -> FinishReason {
    let calls = || {
        let mut parts = parts.iter();
        parts.any(|part| matches!(part, ContentPart::ToolCall(_)))
    };
    let is_refusal = |part: &ContentPart| match part {
        ContentPart::Text(data) => {
            let kept = data.provider_metadata.as_ref();
            let mut records = kept.into_iter().flat_map(Map::values);
            records.any(|record| record["part"]["type"] == REFUSAL)
        }
        _ => false,
    };
    match body["status"].as_str() {
        Some("incomplete") => match body["incomplete_details"]["reason"].as_str() {
            Some(raw @ ("max_output_tokens" | "max_tokens")) => {
                FinishReason::new(FinishReasonKind::Length, raw)
            }
            Some(raw @ "content_filter") => FinishReason::new(FinishReasonKind::ContentFilter, raw),
            Some(raw) => FinishReason::new(FinishReasonKind::Other, raw),
            // The services that leave the reason out have no other.
            None => FinishReason::new(FinishReasonKind::Length, "incomplete"),
        },
        Some("completed") | None if parts.iter().any(is_refusal) => {
            FinishReason::new(FinishReasonKind::ContentFilter, REFUSAL)
        }
        Some(raw @ "completed") if calls() => FinishReason::new(FinishReasonKind::ToolCalls, raw),
        Some(raw @ "completed") => FinishReason::new(FinishReasonKind::Stop, raw),
        Some(raw) => FinishReason::new(FinishReasonKind::Other, raw),
        None if calls() => FinishReasonKind::ToolCalls.into(),
        None => FinishReasonKind::Other.into(),
    }
}

/// A call at the end of an answer that was cut off can't be trusted, even where its arguments
/// happen to parse.
fn refuse_cut_off_call(parts: &mut [ContentPart]) {
    if let Some(ContentPart::ToolCall(call)) = parts.last_mut() {
        call.invalid = Some("the end of the answer cut the call off".to_owned());
    }
}

fn usage(raw: &Value) -> Usage {
    let number = |value: &Value| value.as_u64();
    let input = &raw["input_tokens_details"];
    let mut usage = Usage::new(
        number(&raw["input_tokens"]).unwrap_or(0),
        number(&raw["output_tokens"]).unwrap_or(0),
    )
    .cache_within_input(
        number(&input["cached_tokens"]),
        number(&input["cache_write_tokens"]),
    )
    .reasoning_tokens(number(&raw["output_tokens_details"]["reasoning_tokens"]));
    usage.raw = (!raw.is_null()).then(|| raw.clone().into());
    usage
}

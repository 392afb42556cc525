//! Messages body -> `Response`; pure.

use serde_json::{Map, Value};

use super::error;
use crate::error::{Error, ErrorKind};
use crate::provider::protocol::Asked;
use crate::types::{
    ContentPart, FinishReason, FinishReasonKind, Message, Origin, OtherData, ProviderMetadata,
    Response, Role, TextData, ThinkingData, ToolCallData, Usage,
};

/// Characters a token of English has on average, for the reasoning that isn't counted.
const CHARS_PER_TOKEN: usize = 4;

/// Translates a whole message.
///
/// # Errors
///
/// The error that the body reports, or [`ErrorKind::Server`] when it isn't a message.
pub(super) fn translate(body: Value, asked: &Asked) -> Result<Response, Error> {
    if error::is_error(&body) {
        return Err(error::from_event(&asked.provider, body));
    }
    let Some(blocks) = body.get("content").and_then(Value::as_array) else {
        return Err(Error::new(ErrorKind::Server, "the reply isn't a message")
            .with_provider(&asked.provider)
            .with_raw(body));
    };
    let mut parts: Vec<ContentPart> = blocks.iter().map(|block| part(block, asked)).collect();
    let finish_reason = finish_reason(body["stop_reason"].as_str(), &parts);
    if finish_reason.reason == FinishReasonKind::Length {
        refuse_cut_off_call(&mut parts);
    }
    let usage = usage(&body["usage"], &parts);
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let model = text("model").unwrap_or_else(|| asked.model.clone());
    let id = text("id").unwrap_or_default();
    let message = Message::new(Role::Assistant, parts);
    let mut response = Response::new(&asked.provider, model, message, finish_reason)
        .id(id)
        .usage(usage);
    response.raw = Some(body.into());
    Ok(response)
}

/// Translates one content block; a block this crate doesn't know is kept as it is.
pub(super) fn part(block: &Value, asked: &Asked) -> ContentPart {
    let text = |key: &str| block[key].as_str().unwrap_or_default().to_owned();
    let rest = |known: &[&str]| metadata(block, known, &asked.provider);
    let origin = || Origin::new(&asked.provider, &asked.model);
    match block["type"].as_str().unwrap_or_default() {
        "text" => {
            let mut data = TextData::new(text("text"));
            data.provider_metadata = rest(&["text"]);
            ContentPart::Text(data)
        }
        "thinking" => {
            let mut data = ThinkingData::new(text("thinking")).origin(origin());
            data.signature = block["signature"].as_str().map(str::to_owned);
            data.provider_metadata = rest(&["thinking", "signature"]);
            ContentPart::Thinking(data)
        }
        "redacted_thinking" => {
            let mut data = ThinkingData::redacted(text("data")).origin(origin());
            data.provider_metadata = rest(&["data"]);
            ContentPart::RedactedThinking(data)
        }
        "tool_use" => {
            let mut data = ToolCallData::new(text("id"), text("name"), block["input"].clone());
            if !data.arguments.is_object() {
                data.arguments = Value::Object(Map::new());
            }
            data.provider_metadata = rest(&["id", "name", "input"]);
            ContentPart::ToolCall(data)
        }
        other => ContentPart::Other(OtherData::new(other, &asked.provider, block.clone())),
    }
}

/// The fields of a block that the unified part has no place for.
fn metadata(block: &Value, known: &[&str], provider: &str) -> Option<ProviderMetadata> {
    let rest: Map<String, Value> = block
        .as_object()?
        .iter()
        .filter(|(key, value)| *key != "type" && !known.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!rest.is_empty()).then(|| Map::from_iter([(provider.to_owned(), Value::Object(rest))]))
}

/// The unified reason; a message that doesn't say one is judged by what it asks for.
pub(super) fn finish_reason(raw: Option<&str>, parts: &[ContentPart]) -> FinishReason {
    let Some(raw) = raw else {
        let calls = parts
            .iter()
            .any(|part| matches!(part, ContentPart::ToolCall(_)));
        let reason = if calls {
            FinishReasonKind::ToolCalls
        } else {
            FinishReasonKind::Other
        };
        return reason.into();
    };
    let reason = match raw {
        "end_turn" | "stop_sequence" => FinishReasonKind::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReasonKind::Length,
        "tool_use" => FinishReasonKind::ToolCalls,
        "refusal" => FinishReasonKind::ContentFilter,
        _ => FinishReasonKind::Other,
    };
    FinishReason::new(reason, raw)
}

/// A call at the end of an answer that the token limit cut off can't be trusted, even where its
/// arguments happen to parse.
fn refuse_cut_off_call(parts: &mut [ContentPart]) {
    if let Some(ContentPart::ToolCall(call)) = parts.last_mut() {
        call.invalid = Some("the token limit cut the call off".to_owned());
    }
}

fn usage(raw: &Value, parts: &[ContentPart]) -> Usage {
    let number = |key: &str| raw[key].as_u64();
    let output_tokens = number("output_tokens").unwrap_or(0);
    let reasoning_tokens = raw["output_tokens_details"]["thinking_tokens"]
        .as_u64()
        .or_else(|| estimated_reasoning(parts).map(|tokens| tokens.min(output_tokens)));
    let mut usage = Usage::new(number("input_tokens").unwrap_or(0), output_tokens)
        .cache_beside_input(
            number("cache_read_input_tokens"),
            number("cache_creation_input_tokens"),
        )
        .cache_write_long_tokens(raw["cache_creation"]["ephemeral_1h_input_tokens"].as_u64())
        .reasoning_tokens(reasoning_tokens);
    usage.raw = (!raw.is_null()).then(|| raw.clone().into());
    usage
}

fn estimated_reasoning(parts: &[ContentPart]) -> Option<u64> {
    let chars: usize = parts
        .iter()
        .map(|part| match part {
            ContentPart::Thinking(data) => data.text.chars().count(),
            _ => 0,
        })
        .sum();
    (chars > 0).then(|| chars.div_ceil(CHARS_PER_TOKEN) as u64)
}

//! Converse body -> `Response`; pure.

use serde_json::{Map, Value};

use super::error;
use crate::error::{Error, ErrorKind};
use crate::provider::protocol::Asked;
use crate::types::{
    ContentPart, FinishReason, FinishReasonKind, ImageData, Message, Origin, OtherData, Response,
    Role, TextData, ThinkingData, ToolCallData, Usage,
};

/// Characters a token of English has on average, for the reasoning, which isn't counted.
const CHARS_PER_TOKEN: usize = 4;

/// Translates a whole reply.
///
/// # Errors
///
/// The error that the body reports, or [`ErrorKind::Server`] when it isn't a message.
pub(super) fn translate(body: Value, asked: &Asked) -> Result<Response, Error> {
    let message = &body["output"]["message"];
    let Some(blocks) = message["content"].as_array() else {
        if body.get("output").is_none() && body.get("message").is_some() {
            return Err(error::from_event(&asked.provider, None, body));
        }
        return Err(Error::new(ErrorKind::Server, "the reply isn't a message")
            .with_provider(&asked.provider)
            .with_raw(body));
    };
    let mut parts: Vec<ContentPart> = blocks.iter().map(|block| part(block, asked)).collect();
    let finish_reason = finish_reason(body["stopReason"].as_str(), &parts);
    if finish_reason.reason == FinishReasonKind::Length {
        refuse_cut_off_call(&mut parts);
    }
    let usage = usage(&body["usage"], &parts);
    let message = Message::new(Role::Assistant, parts);
    let mut response = Response::new(&asked.provider, &asked.model, message, finish_reason);
    response.usage = usage;
    response.raw = Some(body.into());
    Ok(response)
}

/// Translates one content block; a block this crate doesn't know is kept as it is.
pub(super) fn part(block: &Value, asked: &Asked) -> ContentPart {
    let fields = block.as_object();
    let kind = fields.and_then(|fields| fields.keys().next());
    let kind = kind.map_or("", String::as_str);
    let known = match (kind, &block[kind]) {
        ("text", Value::String(text)) => Some(ContentPart::Text(TextData::new(text))),
        ("toolUse", Value::Object(call)) => Some(tool_call(call)),
        ("reasoningContent", content) => reasoning(content, asked),
        ("citationsContent", content) => cited(content, asked),
        ("image", image) => generated(image),
        _ => None,
    };
    // More than one field isn't the API's union: something of the future.
    let known = known.filter(|_| fields.is_some_and(|fields| fields.len() == 1));
    known.unwrap_or_else(|| {
        let other = OtherData::new(kind, &asked.provider, block.clone());
        ContentPart::Other(other)
    })
}

fn tool_call(call: &Map<String, Value>) -> ContentPart {
    let text = |key: &str| call.get(key).and_then(Value::as_str).unwrap_or_default();
    let input = call.get("input").filter(|input| input.is_object());
    let input = input.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    ContentPart::ToolCall(ToolCallData::new(text("toolUseId"), text("name"), input))
}

fn reasoning(content: &Value, asked: &Asked) -> Option<ContentPart> {
    let origin = Origin::new(&asked.provider, &asked.model);
    if let Some(payload) = content["redactedContent"].as_str() {
        let data = ThinkingData::redacted(payload).origin(origin);
        return Some(ContentPart::RedactedThinking(data));
    }
    let text = content["reasoningText"].as_object()?;
    let field = |key: &str| text.get(key).and_then(Value::as_str);
    let mut data = ThinkingData::new(field("text").unwrap_or_default()).origin(origin);
    data.signature = field("signature").map(str::to_owned);
    Some(ContentPart::Thinking(data))
}

/// A text with where it is from.
fn cited(content: &Value, asked: &Asked) -> Option<ContentPart> {
    let pieces = content["content"].as_array()?.iter();
    let text: String = pieces.filter_map(|piece| piece["text"].as_str()).collect();
    let mut data = TextData::new(text);
    let citations = content["citations"].clone();
    let record = Map::from_iter([("citations".to_owned(), citations)]);
    data.provider_metadata = Some(Map::from_iter([(asked.provider.clone(), record.into())]));
    Some(ContentPart::Text(data))
}

fn generated(image: &Value) -> Option<ContentPart> {
    let format = image["format"].as_str()?;
    let bytes = image["source"]["bytes"].as_str()?;
    let uri = format!("data:image/{format};base64,{bytes}");
    Some(ContentPart::Image(ImageData::from_url(uri)))
}

fn finish_reason(raw: Option<&str>, parts: &[ContentPart]) -> FinishReason {
    let Some(raw) = raw else {
        let mut parts = parts.iter();
        let calls = parts.any(|part| matches!(part, ContentPart::ToolCall(_)));
        return if calls {
            FinishReasonKind::ToolCalls.into()
        } else {
            FinishReasonKind::Other.into()
        };
    };
    let reason = match raw {
        "end_turn" | "stop_sequence" => FinishReasonKind::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReasonKind::Length,
        "tool_use" => FinishReasonKind::ToolCalls,
        "content_filtered" | "guardrail_intervened" | "refusal" => FinishReasonKind::ContentFilter,
        "malformed_model_output" | "malformed_tool_use" => FinishReasonKind::Error,
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
    let output_tokens = number("outputTokens").unwrap_or(0);
    let reasoning_tokens = estimated_reasoning(parts).map(|tokens| tokens.min(output_tokens));
    let mut usage = Usage::new(number("inputTokens").unwrap_or(0), output_tokens)
        .cache_beside_input(
            number("cacheReadInputTokens"),
            number("cacheWriteInputTokens"),
        )
        .cache_write_long_tokens(kept_longer(&raw["cacheDetails"]))
        .reasoning_tokens(reasoning_tokens);
    usage.raw = (!raw.is_null()).then(|| raw.clone().into());
    usage
}

/// The tokens that the cache keeps for an hour.
fn kept_longer(details: &Value) -> Option<u64> {
    let details = details.as_array()?.iter();
    let longer = details.filter(|detail| detail["ttl"] == "1h");
    Some(
        longer
            .filter_map(|detail| detail["inputTokens"].as_u64())
            .sum(),
    )
}

fn estimated_reasoning(parts: &[ContentPart]) -> Option<u64> {
    let chars = parts.iter().map(|part| match part {
        ContentPart::Thinking(data) => data.text.chars().count(),
        _ => 0,
    });
    let chars: usize = chars.sum();
    (chars > 0).then(|| chars.div_ceil(CHARS_PER_TOKEN) as u64)
}

//! What was said, in the form of the conventions' schemas for messages; pure.

use opentelemetry::KeyValue;
use serde_json::{Value, json};

use super::semconv;
use crate::limits::MAX_TRACED_TEXT_CHARS;
use crate::types::{ContentPart, FinishReason, FinishReasonKind, Message, Request, Response, Role};

/// Instructions, conversation and tools.
pub(super) fn of_request(request: &Request) -> Vec<KeyValue> {
    let is_instruction =
        |message: &&Message| matches!(message.role, Role::System | Role::Developer);
    let (instructions, messages): (Vec<_>, Vec<_>) =
        request.messages.iter().partition(is_instruction);
    let instructions: Vec<Value> = instructions
        .iter()
        .flat_map(|message| message.content.iter().map(part))
        .collect();
    let messages: Vec<Value> = messages.into_iter().map(message).collect();
    let tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| {
            json!({
                "type": "function",
                "name": tool.name,
                "description": shortened(&tool.description),
                "parameters": tool.parameters,
            })
        })
        .collect();
    let all = [
        (semconv::SYSTEM_INSTRUCTIONS, instructions),
        (semconv::INPUT_MESSAGES, messages),
        (semconv::TOOL_DEFINITIONS, tools),
    ];
    let given = all.into_iter().filter(|(_, values)| !values.is_empty());
    given
        .map(|(name, values)| KeyValue::new(name, Value::Array(values).to_string()))
        .collect()
}

/// The answer.
pub(super) fn of_response(response: &Response) -> KeyValue {
    let mut answer = message(&response.message);
    answer["finish_reason"] = finish_reason(&response.finish_reason).into();
    KeyValue::new(
        semconv::OUTPUT_MESSAGES,
        Value::Array(vec![answer]).to_string(),
    )
}

/// The conventions' word, or the provider's own.
pub(super) fn finish_reason(reason: &FinishReason) -> String {
    match (reason.reason, &reason.raw) {
        (FinishReasonKind::ToolCalls, _) => "tool_call".to_owned(),
        (FinishReasonKind::Other, Some(raw)) => raw.clone(),
        (kind, _) => kind.to_string(),
    }
}

fn message(message: &Message) -> Value {
    let role = match message.role {
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::User => "user",
        Role::System | Role::Developer => "system",
    };
    let parts: Vec<Value> = message.content.iter().map(part).collect();
    json!({"role": role, "parts": parts})
}

fn part(part: &ContentPart) -> Value {
    match part {
        ContentPart::Text(data) => json!({"type": "text", "content": shortened(&data.text)}),
        ContentPart::Thinking(data) => {
            json!({"type": "reasoning", "content": shortened(&data.text)})
        }
        ContentPart::RedactedThinking(_) => json!({"type": "redacted_reasoning"}),
        ContentPart::ToolCall(call) => json!({
            "type": "tool_call",
            "id": call.id,
            "name": call.name,
            "arguments": value(&call.arguments),
        }),
        ContentPart::ToolResult(result) => json!({
            "type": "tool_call_response",
            "id": result.tool_call_id,
            "response": value(&result.content),
        }),
        ContentPart::Image(image) => media("image", image.url.as_deref(), image.data.as_deref()),
        ContentPart::Audio(audio) => media("audio", audio.url.as_deref(), audio.data.as_deref()),
        ContentPart::Document(document) => media(
            "document",
            document.url.as_deref(),
            document.data.as_deref(),
        ),
        ContentPart::Other(other) => json!({"type": other.kind}),
    }
}

/// Where the medium is, or how large it is if it was sent along.
fn media(modality: &str, url: Option<&str>, data: Option<&[u8]>) -> Value {
    match url {
        Some(url) if !url.starts_with("data:") => {
            json!({"type": "uri", "modality": modality, "uri": shortened(url)})
        }
        _ => {
            let bytes = data.map_or(url.map_or(0, str::len), <[u8]>::len);
            json!({"type": modality, "bytes": bytes})
        }
    }
}

/// A value by itself.
pub(super) fn of_value(name: &'static str, given: &Value) -> KeyValue {
    KeyValue::new(name, value(given).to_string())
}

/// The value, or the beginning of its text if it is long.
fn value(value: &Value) -> Value {
    match value {
        Value::String(text) => shortened(text).into(),
        other => {
            let text = other.to_string();
            match shortened(&text) {
                same if same.len() == text.len() => other.clone(),
                shorter => shorter.into(),
            }
        }
    }
}

fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(MAX_TRACED_TEXT_CHARS);
    end.map_or(text, |(end, _)| &text[..end])
}

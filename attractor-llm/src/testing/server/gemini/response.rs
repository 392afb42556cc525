//! Answer -> the body of a reply that isn't streamed, and the pieces that a stream shares.

use serde_json::{Value, json};

use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::Part;

/// The whole reply.
pub(super) fn reply(answer: &Answer) -> Value {
    let parts = answer.turn.content.iter().filter_map(part).collect();
    ended(answer, parts)
}

/// A reply with these parts and without an end, as a stream sends it.
pub(super) fn piece(answer: &Answer, parts: Vec<Value>) -> Value {
    json!({
        "candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}],
        "modelVersion": answer.model,
        "responseId": answer.message_id("resp"),
    })
}

/// A reply with these parts, and why it ends.
pub(super) fn ended(answer: &Answer, parts: Vec<Value>) -> Value {
    let mut reply = piece(answer, parts);
    reply["candidates"][0]["finishReason"] = finish_reason(answer).into();
    reply["usageMetadata"] = usage(answer);
    reply
}

/// The API's part; `None` for what exists only in a stream.
pub(super) fn part(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({"text": text})),
        Part::ToolCall {
            name,
            arguments,
            raw_arguments,
            id,
        } => {
            let text = argument_text(arguments, raw_arguments.as_deref());
            let args: Value = serde_json::from_str(&text).unwrap_or_else(|_| json!({}));
            let mut call = json!({"functionCall": {"name": name, "args": args}});
            if let Some(id) = id {
                call["functionCall"]["id"] = id.as_str().into();
            }
            Some(call)
        }
        Part::Thinking { text, signature } => {
            let mut thought = json!({"text": text, "thought": true});
            if let Some(signature) = signature {
                thought["thoughtSignature"] = signature.as_str().into();
            }
            Some(thought)
        }
        Part::RedactedThinking { data } => {
            Some(json!({"text": "", "thought": true, "thoughtSignature": data}))
        }
        Part::Block { value } => Some(value.clone()),
        Part::Event { .. } | Part::StreamError { .. } => None,
    }
}

fn finish_reason(answer: &Answer) -> &str {
    match answer.finish_reason() {
        "stop" | "tool_calls" => "STOP",
        "length" => "MAX_TOKENS",
        "content_filter" => "SAFETY",
        other => other,
    }
}

/// The tokens of the prompt include cached ones, those of the answer exclude thoughts.
fn usage(answer: &Answer) -> Value {
    let counts = answer.usage();
    let reasoning = counts.reasoning.unwrap_or_default();
    let mut usage = json!({
        "promptTokenCount": counts.input,
        "candidatesTokenCount": counts.output,
        "totalTokenCount": counts.input + counts.output + reasoning,
    });
    for (key, count) in [
        ("cachedContentTokenCount", counts.cache_read),
        ("thoughtsTokenCount", counts.reasoning),
    ] {
        if let Some(count) = count {
            usage[key] = count.into();
        }
    }
    usage
}

//! Answer -> the body of a message that isn't streamed, and the pieces that a stream shares.

use serde_json::{Value, json};

use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::{Part, TokenCounts};

/// The whole message.
pub(super) fn message(answer: &Answer) -> Value {
    let parts = answer.turn.content.iter().enumerate();
    let content: Vec<Value> = parts
        .filter_map(|(index, part)| block(answer, index, part))
        .collect();
    let mut message = head(answer, content);
    message["stop_reason"] = stop_reason(answer).into();
    message["usage"] = usage(answer.usage());
    message
}

/// A message without stop reason and usage, as a stream opens it.
pub(super) fn head(answer: &Answer, content: Vec<Value>) -> Value {
    json!({
        "id": answer.message_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": null,
        "stop_sequence": null,
    })
}

/// The content block of a part; `None` for what exists only in a stream.
pub(super) fn block(answer: &Answer, index: usize, part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({"type": "text", "text": text})),
        Part::ToolCall {
            name,
            arguments,
            raw_arguments,
            id,
        } => {
            let text = argument_text(arguments, raw_arguments.as_deref());
            Some(json!({
                "type": "tool_use",
                "id": answer.tool_call_id("toolu", index, id.as_deref()),
                "name": name,
                "input": serde_json::from_str(&text).unwrap_or_else(|_| json!({})),
            }))
        }
        Part::Thinking { text, signature } => Some(json!({
            "type": "thinking",
            "thinking": text,
            "signature": signature.as_deref().unwrap_or_default(),
        })),
        Part::RedactedThinking { data } => Some(json!({"type": "redacted_thinking", "data": data})),
        Part::Block { value } => Some(value.clone()),
        Part::Event { .. } | Part::StreamError { .. } => None,
    }
}

/// The protocol's word for the reason to stop.
pub(super) fn stop_reason(answer: &Answer) -> &str {
    match answer.finish_reason() {
        "stop" => "end_turn",
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        "content_filter" => "refusal",
        other => other,
    }
}

/// The usage object.
pub(super) fn usage(counts: TokenCounts) -> Value {
    let mut usage = json!({
        "input_tokens": counts.input,
        "cache_creation_input_tokens": counts.cache_write.unwrap_or_default(),
        "cache_read_input_tokens": counts.cache_read.unwrap_or_default(),
        "output_tokens": counts.output,
    });
    if let Some(reasoning) = counts.reasoning {
        usage["output_tokens_details"] = json!({"thinking_tokens": reasoning});
    }
    usage
}

//! Answer -> the body of a reply that isn't streamed, and the pieces that a stream shares.

use serde_json::{Value, json};

use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::{Part, TokenCounts};

/// The whole reply.
pub(super) fn reply(answer: &Answer) -> Value {
    let parts = answer.turn.content.iter().enumerate();
    let content: Vec<Value> = parts
        .filter_map(|(index, part)| block(answer, index, part))
        .collect();
    json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop_reason(answer),
        "usage": usage(answer.usage()),
        "metrics": {"latencyMs": 1},
    })
}

/// The content block of a part; `None` for what exists only in a stream.
pub(super) fn block(answer: &Answer, index: usize, part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({"text": text})),
        Part::ToolCall {
            name,
            arguments,
            raw_arguments,
            id,
        } => {
            let text = argument_text(arguments, raw_arguments.as_deref());
            Some(json!({"toolUse": {
                "toolUseId": answer.tool_call_id("tooluse", index, id.as_deref()),
                "name": name,
                "input": serde_json::from_str(&text).unwrap_or_else(|_| json!({})),
            }}))
        }
        Part::Thinking { text, signature } => {
            let mut reasoning = json!({"text": text});
            if let Some(signature) = signature {
                reasoning["signature"] = signature.as_str().into();
            }
            Some(json!({"reasoningContent": {"reasoningText": reasoning}}))
        }
        Part::RedactedThinking { data } => {
            Some(json!({"reasoningContent": {"redactedContent": data}}))
        }
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
        "content_filter" => "content_filtered",
        other => other,
    }
}

/// The usage object.
pub(super) fn usage(counts: TokenCounts) -> Value {
    let mut usage = json!({
        "inputTokens": counts.input,
        "outputTokens": counts.output,
        "totalTokens": counts.input + counts.output,
    });
    let cached = [
        ("cacheReadInputTokens", counts.cache_read),
        ("cacheWriteInputTokens", counts.cache_write),
    ];
    for (key, count) in cached {
        if let Some(count) = count {
            usage[key] = count.into();
        }
    }
    usage
}

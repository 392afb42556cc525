//! Answer -> the body of a response that isn't streamed, and the pieces that a stream shares.

use serde_json::{Value, json};

use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::{Part, TokenCounts};

/// The whole response.
pub(super) fn response(answer: &Answer) -> Value {
    let output = output(answer).into_iter().map(|(_, item)| item).collect();
    ended(answer, output)
}

/// The items of the answer, each with the part it comes from.
pub(super) fn output(answer: &Answer) -> Vec<(&Part, Value)> {
    let parts = answer.turn.content.iter().enumerate();
    parts
        .filter_map(|(index, part)| Some((part, item(answer, index, part)?)))
        .collect()
}

/// The response at its end.
pub(super) fn ended(answer: &Answer, output: Vec<Value>) -> Value {
    let (status, reason) = ending(answer);
    let mut response = head(answer, status, output);
    if let Some(reason) = reason {
        response["incomplete_details"] = json!({"reason": reason});
    }
    response["usage"] = usage(answer.usage());
    response
}

/// A response with this status and output, without its usage.
pub(super) fn head(answer: &Answer, status: &str, output: Vec<Value>) -> Value {
    json!({
        "id": answer.message_id("resp"),
        "object": "response",
        "created_at": 0,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "model": answer.model,
        "output": output,
        "parallel_tool_calls": true,
        "store": false,
        "usage": null,
    })
}

/// The item of a part; `None` for what exists only in a stream.
fn item(answer: &Answer, index: usize, part: &Part) -> Option<Value> {
    let id = |prefix: &str| answer.tool_call_id(prefix, index, None);
    let status = match ending(answer).1 {
        // The limit cuts off the last item.
        Some(_) if index + 1 == answer.turn.content.len() => "incomplete",
        _ => "completed",
    };
    match part {
        Part::Text { text } => Some(json!({
            "type": "message", "id": id("msg"), "role": "assistant", "status": status,
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        })),
        Part::ToolCall {
            name,
            arguments,
            raw_arguments,
            id: given,
        } => Some(json!({
            "type": "function_call", "id": id("fc"), "status": status, "name": name,
            "call_id": answer.tool_call_id("call", index, given.as_deref()),
            "arguments": argument_text(arguments, raw_arguments.as_deref()),
        })),
        Part::Thinking { text, signature } => Some(json!({
            "type": "reasoning", "id": id("rs"),
            "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": signature,
        })),
        Part::RedactedThinking { data } => Some(json!({
            "type": "reasoning", "id": id("rs"), "summary": [], "encrypted_content": data,
        })),
        Part::Block { value } => Some(value.clone()),
        Part::Event { .. } | Part::StreamError { .. } => None,
    }
}

/// The status at the end, and why the answer is incomplete if it is.
pub(super) fn ending(answer: &Answer) -> (&'static str, Option<&str>) {
    match answer.finish_reason() {
        "stop" | "tool_calls" => ("completed", None),
        "length" => ("incomplete", Some("max_output_tokens")),
        other => ("incomplete", Some(other)),
    }
}

fn usage(counts: TokenCounts) -> Value {
    json!({
        "input_tokens": counts.input,
        "input_tokens_details": {
            "cached_tokens": counts.cache_read.unwrap_or_default(),
            "cache_write_tokens": counts.cache_write.unwrap_or_default(),
        },
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning.unwrap_or_default()},
        "total_tokens": counts.input + counts.output,
    })
}

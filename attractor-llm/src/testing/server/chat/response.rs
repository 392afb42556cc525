//! Answer -> the body of a completion that isn't streamed, and the pieces that a stream shares.

use serde_json::{Map, Value, json};

use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::{Part, TokenCounts};

/// The whole completion.
pub(super) fn completion(answer: &Answer) -> Value {
    let choice = json!({
        "index": 0, "message": message(answer), "logprobs": null,
        "finish_reason": answer.finish_reason(),
    });
    let mut body = head(answer, "chat.completion");
    body["choices"] = json!([choice]);
    body["usage"] = usage(answer.usage());
    body
}

/// A completion or a chunk of one, without its choices.
pub(super) fn head(answer: &Answer, object: &str) -> Value {
    json!({
        "id": answer.message_id("chatcmpl"),
        "object": object,
        "created": 0,
        "model": answer.model,
        "system_fingerprint": "fp_script",
    })
}

fn message(answer: &Answer) -> Value {
    let mut message = Map::from_iter([("role".to_owned(), "assistant".into())]);
    let (mut text, mut reasoning) = (String::new(), String::new());
    let mut blocks = Vec::new();
    let (mut details, mut calls) = (Vec::new(), Vec::new());
    for (index, part) in answer.turn.content.iter().enumerate() {
        match part {
            Part::Text { text: said } => text.push_str(said),
            Part::Thinking { text: said, .. } => reasoning.push_str(said),
            Part::ToolCall { .. } => calls.extend(call(answer, index, part)),
            Part::Block { value } => blocks.push(value.clone()),
            _ => {}
        }
        details.extend(detail(part, details.len()));
    }
    let text = (!text.is_empty()).then_some(text);
    let content = if blocks.is_empty() {
        json!(text)
    } else {
        let text = text.map(|text| json!({"type": "text", "text": text}));
        text.into_iter().chain(blocks).collect()
    };
    message.insert("content".to_owned(), content);
    message.insert("refusal".to_owned(), Value::Null);
    let beside = [
        ("reasoning", json!(reasoning), reasoning.is_empty()),
        ("reasoning_details", json!(details), details.is_empty()),
        ("tool_calls", json!(calls), calls.is_empty()),
    ];
    let said = beside.into_iter().filter(|(_, _, is_empty)| !is_empty);
    message.extend(said.map(|(key, value, _)| (key.to_owned(), value)));
    message.into()
}

/// The detail of a thought; `None` for what isn't one.
pub(super) fn detail(part: &Part, index: usize) -> Option<Value> {
    let format = "anthropic-claude-v1";
    match part {
        Part::Thinking { text, signature } => Some(json!({
            "type": "reasoning.text", "text": text, "signature": signature, "format": format,
            "index": index,
        })),
        Part::RedactedThinking { data } => Some(json!({
            "type": "reasoning.encrypted", "data": data, "format": format, "index": index,
        })),
        _ => None,
    }
}

/// The call that is the part at `index`; `None` for what isn't one.
pub(super) fn call(answer: &Answer, index: usize, part: &Part) -> Option<Value> {
    let Part::ToolCall {
        name,
        arguments,
        raw_arguments,
        id,
    } = part
    else {
        return None;
    };
    let arguments = argument_text(arguments, raw_arguments.as_deref());
    Some(json!({
        "id": answer.tool_call_id("call", index, id.as_deref()), "type": "function",
        "function": {"name": name, "arguments": arguments},
    }))
}

pub(super) fn usage(counts: TokenCounts) -> Value {
    json!({
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input + counts.output,
        "prompt_tokens_details": {
            "cached_tokens": counts.cache_read.unwrap_or_default(),
            "cache_write_tokens": counts.cache_write.unwrap_or_default(),
        },
        "completion_tokens_details": {"reasoning_tokens": counts.reasoning.unwrap_or_default()},
    })
}

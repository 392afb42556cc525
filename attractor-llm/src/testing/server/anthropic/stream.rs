//! Answer -> the events of a streamed message.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{error, response};
use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::{Part, TokenCounts};

/// All events with their framing, `message_stop` last; an error event ends the stream instead.
pub(super) fn events(answer: &Answer) -> Vec<Bytes> {
    let mut events = vec![message_start(answer), event(&json!({"type": "ping"}))];
    let mut block = 0;
    for (index, part) in answer.turn.content.iter().enumerate() {
        match part {
            Part::Event { name, data } => events.push(frame(name, data)),
            Part::StreamError { code, message } => {
                events.push(event(&error::body(code, message)));
                return events;
            }
            _ => {
                events.extend(block_events(answer, index, block, part));
                block += 1;
            }
        }
    }
    events.push(message_delta(answer));
    events.push(event(&json!({"type": "message_stop"})));
    events
}

fn message_start(answer: &Answer) -> Bytes {
    let mut message = response::head(answer, Vec::new());
    // At the start the output is the token already produced.
    let counts = TokenCounts {
        output: answer.usage().output.min(1),
        reasoning: None,
        ..answer.usage()
    };
    message["usage"] = response::usage(counts);
    event(&json!({"type": "message_start", "message": message}))
}

fn message_delta(answer: &Answer) -> Bytes {
    event(&json!({
        "type": "message_delta",
        "delta": {"stop_reason": response::stop_reason(answer), "stop_sequence": null},
        "usage": response::usage(answer.usage()),
    }))
}

/// The events of one content block: start, deltas, stop.
fn block_events(answer: &Answer, index: usize, block: usize, part: &Part) -> Vec<Bytes> {
    let Some(opened) = response::block(answer, index, part) else {
        return Vec::new();
    };
    let delta = |delta: Value| {
        event(&json!({"type": "content_block_delta", "index": block, "delta": delta}))
    };
    let mut events = vec![event(&json!({
        "type": "content_block_start", "index": block, "content_block": emptied(opened, part),
    }))];
    events.extend(deltas(answer, part).into_iter().map(delta));
    events.push(event(
        &json!({"type": "content_block_stop", "index": block}),
    ));
    events
}

/// A block as a stream opens it: what comes in deltas is empty.
fn emptied(mut block: Value, part: &Part) -> Value {
    match part {
        Part::Text { .. } => block["text"] = "".into(),
        Part::ToolCall { .. } => block["input"] = json!({}),
        Part::Thinking { .. } => {
            block["thinking"] = "".into();
            block["signature"] = "".into();
        }
        _ => {}
    }
    block
}

fn deltas(answer: &Answer, part: &Part) -> Vec<Value> {
    let cut = |text: &str, kind: &str, field: &str| -> Vec<Value> {
        let pieces = answer.deltas(text).into_iter();
        pieces
            .map(|piece| json!({"type": kind, field: piece}))
            .collect()
    };
    match part {
        Part::Text { text } => cut(text, "text_delta", "text"),
        Part::ToolCall {
            arguments,
            raw_arguments,
            ..
        } => {
            // The real stream opens with an empty piece too.
            let mut deltas = vec![json!({"type": "input_json_delta", "partial_json": ""})];
            let text = argument_text(arguments, raw_arguments.as_deref());
            deltas.extend(cut(&text, "input_json_delta", "partial_json"));
            deltas
        }
        Part::Thinking { text, signature } => {
            let mut deltas = cut(text, "thinking_delta", "thinking");
            let signature = signature.iter();
            deltas.extend(signature.map(|it| json!({"type": "signature_delta", "signature": it})));
            deltas
        }
        _ => Vec::new(),
    }
}

/// An event named by its own `type`.
fn event(data: &Value) -> Bytes {
    frame(data["type"].as_str().unwrap_or_default(), &data.to_string())
}

fn frame(name: &str, data: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;
    use crate::testing::conversation::Conversation;
    use crate::testing::script::Turn;

    /// Puts the blocks of a stream together again, as a client would.
    fn blocks(events: &[Bytes]) -> Vec<Value> {
        let mut blocks: Vec<Value> = Vec::new();
        let mut json = String::new();
        for event in events {
            let text = std::str::from_utf8(event).unwrap();
            let (_, data) = text.trim_end().split_once("\ndata: ").unwrap();
            let event: Value = serde_json::from_str(data).unwrap();
            match event["type"].as_str() {
                Some("content_block_start") => blocks.push(event["content_block"].clone()),
                Some("content_block_delta") => {
                    append(blocks.last_mut().unwrap(), &mut json, &event["delta"]);
                }
                Some("content_block_stop") if !json.is_empty() => {
                    let input = serde_json::from_str(&json).unwrap();
                    blocks.last_mut().unwrap()["input"] = input;
                    json.clear();
                }
                _ => {}
            }
        }
        blocks
    }

    fn append(block: &mut Value, json: &mut String, delta: &Value) {
        for field in ["text", "thinking", "signature"] {
            if let Some(piece) = delta[field].as_str() {
                block[field] = format!("{}{piece}", block[field].as_str().unwrap()).into();
            }
        }
        json.push_str(delta["partial_json"].as_str().unwrap_or_default());
    }

    proptest! {
        #[test]
        fn a_stream_adds_up_to_the_whole_message(
            text in any::<String>(),
            thought in any::<String>(),
            argument in any::<String>(),
            delta_chars in 0_usize..9,
        ) {
            let turn = Turn::thinking(thought, "c2ln")
                .and_redacted_thinking("opaque")
                .and_text(text)
                .and_tool_call("list", json!({"path": argument}))
                .delta_chars(delta_chars);
            let answer = Answer::new(turn, 3, &Conversation::default());
            let whole = response::message(&answer);
            prop_assert_eq!(Value::from(blocks(&events(&answer))), whole["content"].clone());
        }
    }
}

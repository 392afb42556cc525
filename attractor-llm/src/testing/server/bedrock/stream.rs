//! Answer -> the frames of a streamed reply.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{error, response};
use crate::testing::answer::{Answer, argument_text};
use crate::testing::script::Part;

/// All frames, the end of the message with its usage last; an exception ends the stream instead.
pub(super) fn events(answer: &Answer) -> Vec<Bytes> {
    let mut events = vec![event("messageStart", &json!({"role": "assistant"}))];
    let mut block = 0;
    for (index, part) in answer.turn.content.iter().enumerate() {
        match part {
            Part::Event { name, data } => events.push(frame("event", name, data)),
            Part::StreamError { code, message } => {
                let payload = json!({"message": message}).to_string();
                events.push(frame("exception", &error::in_stream(code), &payload));
                return events;
            }
            _ => {
                events.extend(block_events(answer, index, block, part));
                block += 1;
            }
        }
    }
    let stop = event(
        "messageStop",
        &json!({"stopReason": response::stop_reason(answer)}),
    );
    let usage = json!({"usage": response::usage(answer.usage()), "metrics": {"latencyMs": 1}});
    // A client may take the first of the two for the end, so they come and go together.
    events.push([stop, event("metadata", &usage)].concat().into());
    events
}

/// The frames of one content block: a start for a call, deltas, stop.
fn block_events(answer: &Answer, index: usize, block: usize, part: &Part) -> Vec<Bytes> {
    let Some(opened) = response::block(answer, index, part) else {
        return Vec::new();
    };
    let mut events = Vec::new();
    if let Some(start) = start(opened, part) {
        let start = json!({"contentBlockIndex": block, "start": start});
        events.push(event("contentBlockStart", &start));
    }
    events.extend(deltas(answer, part).into_iter().map(|delta| {
        let delta = json!({"contentBlockIndex": block, "delta": delta, "p": "abcdefgh"});
        event("contentBlockDelta", &delta)
    }));
    events.push(event(
        "contentBlockStop",
        &json!({"contentBlockIndex": block}),
    ));
    events
}

/// What announces a block: calls, and what isn't known yet.
fn start(mut block: Value, part: &Part) -> Option<Value> {
    match part {
        Part::ToolCall { .. } => {
            if let Some(call) = block["toolUse"].as_object_mut() {
                call.remove("input");
            }
            Some(block)
        }
        Part::Block { .. } => Some(block),
        _ => None,
    }
}

fn deltas(answer: &Answer, part: &Part) -> Vec<Value> {
    let cut = |text: &str, form: fn(&str) -> Value| -> Vec<Value> {
        answer.deltas(text).into_iter().map(form).collect()
    };
    match part {
        Part::Text { text } if text.is_empty() => vec![json!({"text": ""})],
        Part::Text { text } => cut(text, |piece| json!({"text": piece})),
        Part::ToolCall {
            arguments,
            raw_arguments,
            ..
        } => {
            let text = argument_text(arguments, raw_arguments.as_deref());
            cut(&text, |piece| json!({"toolUse": {"input": piece}}))
        }
        Part::Thinking { text, signature } => {
            let mut deltas = cut(text, |piece| json!({"reasoningContent": {"text": piece}}));
            let signature = signature.iter();
            let form = |it| json!({"reasoningContent": {"signature": it}});
            deltas.extend(signature.map(form));
            deltas
        }
        Part::RedactedThinking { data } => {
            vec![json!({"reasoningContent": {"redactedContent": data}})]
        }
        _ => Vec::new(),
    }
}

fn event(kind: &str, payload: &Value) -> Bytes {
    frame("event", kind, &payload.to_string())
}

/// A frame of the type `event` or `exception`.
fn frame(message_type: &str, kind: &str, payload: &str) -> Bytes {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let headers = vec![
        Header::new(format!(":{message_type}-type"), text(kind)),
        Header::new(":content-type", text("application/json")),
        Header::new(":message-type", text(message_type)),
    ];
    let message = Message::new_from_parts(headers, Bytes::from(payload.to_owned()));
    let mut bytes = Vec::new();
    if let Err(error) = write_message_to(&message, &mut bytes) {
        tracing::warn!(%error, "frame of the script left out");
        bytes.clear();
    }
    bytes.into()
}

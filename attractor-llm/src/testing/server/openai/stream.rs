//! Answer -> the events of a streamed response.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{error, response};
use crate::testing::answer::Answer;
use crate::testing::script::Part;

/// All events with their framing, `response.completed` last; an error event ends the stream
/// instead.
pub(super) fn events(answer: &Answer) -> Vec<Bytes> {
    let mut stream = Stream::default();
    for kind in ["response.created", "response.in_progress"] {
        let head = response::head(answer, "in_progress", Vec::new());
        stream.push(json!({"type": kind, "response": head}));
    }
    let mut items = response::output(answer).into_iter();
    let mut done = Vec::new();
    for part in &answer.turn.content {
        match part {
            Part::Event { name, data } => stream.events.push(frame(name, data)),
            Part::StreamError { code, message } => {
                let error = error::body(error::status(code), Some(code), message);
                stream.push(json!({
                    "type": "error", "code": code, "message": message, "param": null,
                    "error": error["error"],
                }));
                return stream.events;
            }
            _ => {
                if let Some((part, item)) = items.next() {
                    stream.item(answer, done.len(), part, &item);
                    done.push(item);
                }
            }
        }
    }
    let kind = format!("response.{}", response::ending(answer).0);
    stream.push(json!({"type": kind, "response": response::ended(answer, done)}));
    stream.events
}

#[derive(Default)]
struct Stream {
    events: Vec<Bytes>,
    sequence: u64,
}

impl Stream {
    /// An event named by its own `type`.
    fn push(&mut self, mut event: Value) {
        event["sequence_number"] = self.sequence.into();
        self.sequence += 1;
        let name = event["type"].as_str().unwrap_or_default().to_owned();
        self.events.push(frame(&name, &event.to_string()));
    }

    /// The events of one item: added, its pieces, done.
    fn item(&mut self, answer: &Answer, output_index: usize, part: &Part, item: &Value) {
        self.push(json!({
            "type": "response.output_item.added", "output_index": output_index,
            "item": emptied(item, part),
        }));
        let id = &item["id"];
        let place = json!({"item_id": id, "output_index": output_index});
        match part {
            Part::Text { text } => {
                let mut place = place;
                place["content_index"] = 0.into();
                let whole = &item["content"][0];
                let empty = json!({"type": "output_text", "text": "", "annotations": []});
                self.at(&place, "response.content_part.added", "part", &empty);
                self.deltas(answer, &place, "response.output_text", "text", text);
                self.at(&place, "response.content_part.done", "part", whole);
            }
            Part::ToolCall { .. } => {
                let text = item["arguments"].as_str().unwrap_or_default();
                let kind = "response.function_call_arguments";
                self.deltas(answer, &place, kind, "arguments", text);
            }
            Part::Thinking { text, .. } => {
                let mut place = place;
                place["summary_index"] = 0.into();
                let whole = &item["summary"][0];
                let empty = json!({"type": "summary_text", "text": ""});
                self.at(
                    &place,
                    "response.reasoning_summary_part.added",
                    "part",
                    &empty,
                );
                self.deltas(
                    answer,
                    &place,
                    "response.reasoning_summary_text",
                    "text",
                    text,
                );
                self.at(
                    &place,
                    "response.reasoning_summary_part.done",
                    "part",
                    whole,
                );
            }
            _ => {}
        }
        self.push(json!({
            "type": "response.output_item.done", "output_index": output_index, "item": item,
        }));
    }

    fn at(&mut self, place: &Value, kind: &str, key: &str, value: &Value) {
        let mut event = place.clone();
        event["type"] = kind.into();
        event[key] = value.clone();
        self.push(event);
    }

    fn deltas(&mut self, answer: &Answer, place: &Value, kind: &str, field: &str, text: &str) {
        for delta in answer.deltas(text) {
            self.at(place, &format!("{kind}.delta"), "delta", &delta.into());
        }
        self.at(place, &format!("{kind}.done"), field, &text.into());
    }
}

/// An item as a stream opens it: what comes in deltas is empty.
fn emptied(item: &Value, part: &Part) -> Value {
    let mut item = item.clone();
    match part {
        Part::Text { .. } => item["content"] = json!([]),
        Part::ToolCall { .. } => item["arguments"] = "".into(),
        Part::Thinking { .. } => item["summary"] = json!([]),
        _ => return item,
    }
    if !item["status"].is_null() {
        item["status"] = "in_progress".into();
    }
    item
}

fn frame(name: &str, data: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

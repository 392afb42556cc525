//! Answer -> the chunks of a streamed completion.

use bytes::Bytes;
use serde_json::{Value, json};

use super::response;
use crate::testing::answer::Answer;
use crate::testing::script::Part;
use crate::testing::server::openai::error;

/// All chunks with their framing; the finish reason, the usage and the mark at the end are one piece,
/// since a stream may end well without the mark. An error ends the stream instead.
pub(super) fn events(answer: &Answer) -> Vec<Bytes> {
    let mut stream = Stream {
        answer,
        events: Vec::new(),
    };
    stream.delta(json!({"role": "assistant", "content": "", "refusal": null}));
    let (mut details, mut calls) = (0, 0);
    for (index, part) in answer.turn.content.iter().enumerate() {
        match part {
            Part::Text { text } => stream.texts(text, |text| json!({"content": text})),
            Part::Thinking { .. } | Part::RedactedThinking { .. } => {
                stream.thought(part, details);
                details += 1;
            }
            Part::ToolCall { .. } => {
                stream.call(index, calls, part);
                calls += 1;
            }
            Part::Block { value } => stream.delta(json!({"content": [value]})),
            Part::Event { data, .. } => stream.events.push(frame(data)),
            Part::StreamError { code, message } => {
                let error = error::body(error::status(code), Some(code), message);
                stream.events.push(frame(&error.to_string()));
                return stream.events;
            }
        }
    }
    stream.end();
    stream.events
}

struct Stream<'a> {
    answer: &'a Answer,
    events: Vec<Bytes>,
}

impl Stream<'_> {
    fn delta(&mut self, delta: Value) {
        let chunk = self.chunk(json!([
            {"index": 0, "delta": delta, "logprobs": null, "finish_reason": null}
        ]));
        self.events.push(frame(&chunk.to_string()));
    }

    fn chunk(&self, choices: Value) -> Value {
        let mut chunk = response::head(self.answer, "chat.completion.chunk");
        chunk["choices"] = choices;
        chunk["usage"] = Value::Null;
        chunk
    }

    fn texts(&mut self, text: &str, delta: impl Fn(&str) -> Value) {
        for piece in self.answer.deltas(text) {
            self.delta(delta(piece));
        }
    }

    /// Readable reasoning comes in pieces and its signature after them; encrypted comes whole.
    fn thought(&mut self, part: &Part, index: usize) {
        let Some(detail) = response::detail(part, index) else {
            return;
        };
        if let Part::Thinking { text, .. } = part {
            self.texts(text, |text| {
                let mut piece = detail.clone();
                piece["text"] = text.into();
                piece["signature"] = Value::Null;
                json!({"reasoning": text, "reasoning_details": [piece]})
            });
            let mut last = detail.clone();
            last["text"] = "".into();
            self.delta(json!({"reasoning_details": [last]}));
        } else {
            self.delta(json!({"reasoning": null, "reasoning_details": [detail]}));
        }
    }

    /// The id and the name come first and once.
    fn call(&mut self, part_index: usize, index: usize, part: &Part) {
        let Some(mut call) = response::call(self.answer, part_index, part) else {
            return;
        };
        let arguments = call["function"]["arguments"].take();
        call["function"]["arguments"] = "".into();
        call["index"] = index.into();
        self.delta(json!({"tool_calls": [call]}));
        self.texts(
            arguments.as_str().unwrap_or_default(),
            |text| json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}),
        );
    }

    fn end(&mut self) {
        let reason = self.answer.finish_reason();
        let finish = self.chunk(json!([
            {"index": 0, "delta": {}, "logprobs": null, "finish_reason": reason}
        ]));
        let mut usage = self.chunk(json!([]));
        usage["usage"] = response::usage(self.answer.usage());
        let all = [finish.to_string(), usage.to_string(), "[DONE]".to_owned()];
        let all = all.map(|data| format!("data: {data}\n\n"));
        self.events.push(Bytes::from(all.concat()));
    }
}

fn frame(data: &str) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

//! Chat Completions chunks -> `StreamEvent`: a state machine without I/O or clock.
//!
//! It puts the completion together again in the API's own form, so that the response at the end is
//! translated by the same code as a reply that came in one piece.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::chunk::{Plain, Told};
use super::head::Head;
use super::open_message::OpenMessage;
use super::{completion, error, response};
use crate::error::Error;
use crate::limits::STREAM_GRACE;
use crate::provider::drive::{self, Translator};
use crate::provider::json;
use crate::provider::protocol::{Begun, broken_off};
use crate::types::{ContentPart, Response, StreamEvent, ToolCall};

/// The payload that ends a stream.
const END: &str = "[DONE]";

/// Where in its stream a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has come.
    Waiting,
    /// The completion has begun.
    Open,
    /// The end has come.
    Done,
}

/// One completion as it arrives.
#[derive(Debug)]
pub(super) struct ChatStream {
    begun: Begun,
    /// Whether the service says why it stopped.
    says_why: bool,
    phase: Phase,
    head: Head,
    /// The choice without its message.
    choice: Map<String, Value>,
    message: OpenMessage,
}

impl ChatStream {
    pub(super) fn new(begun: Begun, says_why: bool) -> Self {
        Self {
            says_why,
            message: OpenMessage::new(begun.asked.clone()),
            begun,
            phase: Phase::Waiting,
            head: Head::default(),
            choice: Map::new(),
        }
    }

    fn chunk(&mut self, chunk: Value, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        if error::is_error(&chunk) {
            return Err(error::from_body(&self.begun.asked.provider, chunk));
        }
        self.begin(&chunk, events);
        let Value::Object(mut chunk) = chunk else {
            events.push_back(self.begun.asked.passed_on(chunk));
            return Ok(());
        };
        let known = chunk.contains_key("choices") || chunk.contains_key("usage");
        if !known {
            events.push_back(self.begun.asked.passed_on(Value::Object(chunk)));
            return Ok(());
        }
        let choices = chunk.remove("choices").unwrap_or_default();
        self.head.take(chunk);
        if let Value::Array(choices) = choices {
            for choice in choices {
                self.take_choice(choice, events);
            }
        }
        Ok(())
    }

    /// The first chunk begins the stream, whatever it is.
    fn begin(&mut self, chunk: &Value, events: &mut VecDeque<StreamEvent>) {
        if self.phase != Phase::Waiting {
            return;
        }
        self.phase = Phase::Open;
        let text = |key: &str| {
            let text = chunk[key].as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        events.push_back(self.start(text("id"), text("model")));
    }

    fn start(&self, id: Option<String>, model: Option<String>) -> StreamEvent {
        StreamEvent::StreamStart {
            id,
            model,
            provider: self.begun.asked.provider.clone(),
            warnings: self.begun.warnings.clone(),
        }
    }

    /// Takes a piece of the first choice; another choice isn't ours.
    fn take_choice(&mut self, choice: Value, events: &mut VecDeque<StreamEvent>) {
        let Value::Object(mut choice) = choice else {
            return;
        };
        let index = choice.remove("index").and_then(|index| index.as_u64());
        if index.is_some_and(|index| index > 0) {
            choice.insert("index".to_owned(), json!(index));
            events.push_back(self.begun.asked.passed_on(json!({"choices": [choice]})));
            return;
        }
        let message = choice.remove("message");
        if let Some(delta) = choice.remove("delta").filter(Value::is_object).or(message) {
            self.message.take(delta, events);
        }
        for (key, value) in choice {
            match (self.choice.get_mut(&key), value) {
                (_, Value::Null) => {}
                (_, Value::String(text)) if text.is_empty() => {}
                (Some(old), value) if key == "logprobs" => append_lists(old, value),
                (_, value) => {
                    self.choice.insert(key, value);
                }
            }
        }
    }

    /// Takes a chunk that has nothing but more of what is open; false where it has anything else.
    fn take_plain(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> bool {
        match self.phase {
            Phase::Waiting => self.begin_plain(payload, events),
            Phase::Open => {
                let plain: Option<Plain<'_>> = Plain::parse(payload);
                plain.is_some_and(|plain| {
                    let taken =
                        self.head.has_all_of(&plain) && self.message.take_plain(&plain, events);
                    if let Some(reason) = plain.finish_reason().filter(|_| taken) {
                        let key = "finish_reason".to_owned();
                        self.choice.insert(key, reason.into());
                    }
                    taken
                })
            }
            Phase::Done => false,
        }
    }

    /// Takes a first chunk that says nothing yet; false where it does.
    fn begin_plain(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> bool {
        let plain: Option<Plain<'_, Told<'_>>> = Plain::parse(payload);
        let is_error = |told: &Told<'_>| told.0.get() == "\"error\"";
        let begins = |plain: &Plain<'_, Told<'_>>| {
            plain.is_silent() && !plain.object.as_ref().is_some_and(is_error)
        };
        let Some(plain) = plain.filter(begins) else {
            return false;
        };
        self.phase = Phase::Open;
        self.head.take_plain(&plain);
        let text = |told: &Option<Told<'_>>| told.as_ref().and_then(Told::text);
        events.push_back(self.start(text(&plain.id), text(&plain.model)));
        true
    }

    fn has_finish_reason(&self) -> bool {
        self.choice.contains_key("finish_reason")
    }

    fn finish(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        self.message.close(events);
        let response = self.response()?;
        for part in &response.message.content {
            if let ContentPart::ToolCall(data) = part {
                let tool_call = ToolCall::from(data);
                events.push_back(StreamEvent::ToolCallEnd { tool_call });
            }
        }
        self.phase = Phase::Done;
        events.push_back(StreamEvent::finish(response));
        Ok(())
    }

    /// The completion put together, translated like any reply.
    fn response(&self) -> Result<Response, Error> {
        let body = Bytes::from(self.json());
        let asked = &self.begun.asked;
        let mut response = match completion::translate(&body, asked) {
            Some(response) => response,
            None => {
                let body = json::parse(&json::text(&body)).unwrap_or_default();
                response::translate(body, asked)?
            }
        };
        response.warnings.clone_from(&self.begun.warnings);
        response.rate_limit.clone_from(&self.begun.rate_limit);
        Ok(response)
    }

    fn json(&self) -> String {
        let mut json = String::from("{");
        self.head.write(&mut json);
        let _ = write!(
            json,
            "\"choices\":[{{\"index\":0,\"message\":{}",
            self.message.raw()
        );
        for (key, value) in &self.choice {
            let _ = write!(json, ",{}:{value}", Value::from(key.as_str()));
        }
        json.push_str("}]}");
        json
    }
}

/// Adds the lists in the fields of one object to those of another.
fn append_lists(old: &mut Value, new: Value) {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return;
    };
    for (key, value) in new {
        match (old.get_mut(&key), value) {
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new),
            (_, Value::Null) => {}
            (_, value) => {
                old.insert(key, value);
            }
        }
    }
}

impl Translator for ChatStream {
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let payload = payload.trim();
        if payload.is_empty() {
            return Ok(());
        }
        if payload == END {
            return match self.phase {
                Phase::Waiting => Err(self
                    .begun
                    .asked
                    .broken("the stream ended before an answer began")),
                _ if self.says_why && !self.has_finish_reason() => Err(self
                    .begun
                    .asked
                    .broken("the stream ended without saying why the answer did")),
                _ => self.finish(events),
            };
        }
        if self.take_plain(payload, events) {
            return Ok(());
        }
        match drive::event(payload)? {
            Some(chunk) => self.chunk(chunk, events),
            None => Ok(()),
        }
    }

    fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match self.phase {
            Phase::Done => Ok(()),
            // Not everyone sends the mark at the end.
            Phase::Open if self.has_finish_reason() => self.finish(events),
            Phase::Open => Err(self
                .begun
                .asked
                .broken("the stream ended before its answer was complete")),
            Phase::Waiting => Err(self
                .begun
                .asked
                .broken("the stream ended before an answer began")),
        }
    }

    fn grace(&self) -> Option<Duration> {
        // The usage may come after the reason; only the mark at the end can still be missing.
        let is_open = self.phase == Phase::Open;
        let has_all = self.has_finish_reason() && self.head.has_usage();
        (is_open && has_all).then_some(STREAM_GRACE)
    }

    fn provider(&self) -> &str {
        &self.begun.asked.provider
    }

    fn partial(&self) -> Option<Response> {
        if self.phase == Phase::Waiting {
            return None;
        }
        let partial = self.response().ok()?;
        Some(broken_off(partial, |_, _| true))
    }
}

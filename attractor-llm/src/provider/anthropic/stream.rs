//! Messages events -> `StreamEvent`: a state machine without I/O or clock.
//!
//! It puts the whole message together again in the API's own form, so that the response at the
//! end is translated by the same code as a reply that came in one piece.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::error;
use super::open_block::OpenBlock;
use super::response;
use crate::error::Error;
use crate::provider::drive::{self, Translator};
use crate::provider::protocol::{Asked, Begun, broken_off};
use crate::types::{ContentPart, RateLimitInfo, Response, StreamEvent, ToolCall, Warning};

/// Where in its stream a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has come.
    Waiting,
    /// The message has begun.
    Open,
    /// The terminal event has come.
    Done,
}

/// One message as it arrives.
#[derive(Debug)]
pub(crate) struct MessageStream {
    asked: Asked,
    warnings: Vec<Warning>,
    rate_limit: Option<RateLimitInfo>,
    phase: Phase,
    /// The message without its content: id, model, usage, stop reason.
    message: Map<String, Value>,
    blocks: Vec<OpenBlock>,
    /// The block whose tool call is complete but not yet told of: the token limit, of which the
    /// next event tells, may have cut it off.
    held_back: Option<usize>,
}

impl MessageStream {
    pub(super) fn new(begun: Begun) -> Self {
        Self {
            asked: begun.asked,
            warnings: begun.warnings,
            rate_limit: begun.rate_limit,
            phase: Phase::Waiting,
            message: Map::new(),
            blocks: Vec::new(),
            held_back: None,
        }
    }

    fn event(&mut self, event: Value, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match event["type"].as_str().unwrap_or_default() {
            "ping" => Ok(()),
            "message_start" => self.message_start(&event, events),
            "content_block_start" => {
                self.block_start(index(&event), event["content_block"].clone(), events);
                Ok(())
            }
            "content_block_delta" => {
                self.block_delta(event, events);
                Ok(())
            }
            "content_block_stop" => {
                self.block_stop(&event, events);
                Ok(())
            }
            "message_delta" => {
                self.message_delta(event);
                Ok(())
            }
            "message_stop" => self.message_stop(events),
            _ if error::is_error(&event) => Err(error::from_event(&self.asked.provider, event)),
            _ => {
                events.push_back(self.asked.passed_on(event));
                Ok(())
            }
        }
    }

    fn message_start(
        &mut self,
        event: &Value,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), Error> {
        let Value::Object(mut message) = event["message"].clone() else {
            return Err(self.asked.broken("message_start has no message"));
        };
        if self.phase == Phase::Open {
            // Some gateways repeat it before the content; a second message in one stream would
            // mix two answers.
            return if self.blocks.is_empty() || self.message.get("id") == message.get("id") {
                Ok(())
            } else {
                Err(self
                    .asked
                    .broken("a second message begins inside the first"))
            };
        }
        let content = message.remove("content");
        self.message = message;
        self.phase = Phase::Open;
        let text = |key: &str| {
            self.message
                .get(key)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        events.push_back(StreamEvent::StreamStart {
            id: text("id"),
            model: text("model"),
            provider: self.asked.provider.clone(),
            warnings: self.warnings.clone(),
        });
        // A call made by code that runs at the provider's comes whole with the start.
        let content = content
            .as_ref()
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for (index, block) in (0..).zip(content) {
            self.block_start(index, block.clone(), events);
            self.close(index, events);
        }
        Ok(())
    }

    fn block_start(&mut self, index: u64, raw: Value, events: &mut VecDeque<StreamEvent>) {
        self.close(index, events);
        self.release(None, events);
        let block = OpenBlock::new(index, raw);
        block.start(&self.asked, events);
        self.blocks.push(block);
    }

    fn block_delta(&mut self, event: Value, events: &mut VecDeque<StreamEvent>) {
        let index = index(&event);
        if self.open(index).is_none()
            && let Some(block) = OpenBlock::implied(index, &event["delta"])
        {
            // A gateway that leaves the start out.
            self.release(None, events);
            block.start(&self.asked, events);
            self.blocks.push(block);
        }
        match self.open(index) {
            Some(position) => {
                self.blocks[position].delta(event, &self.asked, events);
            }
            None => events.push_back(self.asked.passed_on(event)),
        }
    }

    fn block_stop(&mut self, event: &Value, events: &mut VecDeque<StreamEvent>) {
        self.close(index(event), events);
    }

    /// The usage counts are totals so far; a gateway's zero for the prompt doesn't take back what was
    /// said.
    fn message_delta(&mut self, event: Value) {
        let Value::Object(event) = event else { return };
        for (key, value) in event {
            match (key.as_str(), value) {
                ("type", _) => {}
                ("delta", Value::Object(delta)) => self.message.extend(delta),
                ("usage", Value::Object(usage)) => {
                    let have = self.message.entry("usage").or_insert(Value::Null);
                    merge_usage(have, usage);
                }
                (_, value) => {
                    self.message.insert(key, value);
                }
            }
        }
    }

    fn message_stop(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        if self.phase == Phase::Waiting {
            return Err(self.asked.broken("the stream ends before a message began"));
        }
        let open: Vec<u64> = self
            .blocks
            .iter()
            .filter(|b| b.is_open())
            .map(OpenBlock::index)
            .collect();
        for index in open {
            self.close(index, events);
        }
        let response = self.response()?;
        self.release(Some(&response), events);
        self.phase = Phase::Done;
        events.push_back(StreamEvent::finish(response));
        Ok(())
    }

    /// The position of the open block with that index.
    fn open(&self, index: u64) -> Option<usize> {
        self.blocks
            .iter()
            .rposition(|block| block.is_open() && block.index() == index)
    }

    fn close(&mut self, index: u64, events: &mut VecDeque<StreamEvent>) {
        let Some(position) = self.open(index) else {
            return;
        };
        self.release(None, events);
        self.blocks[position].close();
        if self.blocks[position].is_tool_call() {
            self.held_back = Some(position);
        } else {
            let part = response::part(self.blocks[position].raw(), &self.asked);
            self.blocks[position].end(part, events);
        }
    }

    /// Tells of the tool call held back, as the finished response has it if there is one.
    fn release(&mut self, finished: Option<&Response>, events: &mut VecDeque<StreamEvent>) {
        let Some(position) = self.held_back.take() else {
            return;
        };
        let call = match finished.and_then(|response| response.message.content.get(position)) {
            Some(ContentPart::ToolCall(data)) => Some(ToolCall::from(data)),
            _ => self.blocks[position].tool_call(),
        };
        events.extend(call.map(|tool_call| StreamEvent::ToolCallEnd { tool_call }));
    }

    /// The message put together, translated like any reply.
    fn response(&self) -> Result<Response, Error> {
        let mut message = self.message.clone();
        let content = self
            .blocks
            .iter()
            .map(|block| block.raw().clone())
            .collect();
        message.insert("content".to_owned(), content);
        let mut response = response::translate(Value::Object(message), &self.asked)?;
        for (part, block) in response.message.content.iter_mut().zip(&self.blocks) {
            if let (ContentPart::ToolCall(data), Some(call)) = (part, block.tool_call()) {
                data.arguments = call.arguments;
                data.raw_arguments = call.raw_arguments;
                data.invalid = data.invalid.take().or(call.invalid);
            }
        }
        response.warnings.clone_from(&self.warnings);
        response.rate_limit.clone_from(&self.rate_limit);
        Ok(response)
    }
}

impl Translator for MessageStream {
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match drive::event(payload)? {
            Some(event) => self.event(event, events),
            None => Ok(()),
        }
    }

    fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    fn end(&mut self, _: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match self.phase {
            Phase::Done => Ok(()),
            Phase::Waiting => Err(self.asked.broken("the stream ended before a message began")),
            Phase::Open => Err(self
                .asked
                .broken("the stream ended before its message was complete")),
        }
    }

    fn provider(&self) -> &str {
        &self.asked.provider
    }

    fn partial(&self) -> Option<Response> {
        if self.phase == Phase::Waiting {
            return None;
        }
        let partial = self.response().ok()?;
        Some(broken_off(partial, |at, _| {
            self.blocks.get(at).is_some_and(OpenBlock::is_open)
        }))
    }
}

fn index(event: &Value) -> u64 {
    event["index"].as_u64().unwrap_or(0)
}

fn merge_usage(have: &mut Value, more: Map<String, Value>) {
    if !have.is_object() {
        *have = json!({});
    }
    for (key, value) in more {
        let takes_back = value == 0
            && key == "input_tokens"
            && have[&key].as_u64().is_some_and(|count| count > 0);
        if !value.is_null() && !takes_back {
            have[&key] = value;
        }
    }
}

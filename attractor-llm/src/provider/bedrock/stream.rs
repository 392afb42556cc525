//! ConverseStream events -> `StreamEvent`: a state machine without I/O or clock.
//!
//! It puts the whole message together again in the API's own form, so that the response at the
//! end is translated by the same code as a reply that came in one piece.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::open_block::OpenBlock;
use super::{error, response};
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
    /// It has stopped; what it used comes next.
    Stopped,
    /// The terminal event has come.
    Done,
}

/// One message as it arrives.
#[derive(Debug)]
pub(super) struct ConverseStream {
    asked: Asked,
    id: Option<String>,
    warnings: Vec<Warning>,
    rate_limit: Option<RateLimitInfo>,
    phase: Phase,
    /// The reply without its message: stop reason, usage, metrics, trace.
    reply: Map<String, Value>,
    blocks: Vec<OpenBlock>,
    /// The block whose tool call is complete but not yet told of: the token limit, of which a later
    /// event tells, may have cut it off.
    held_back: Option<usize>,
}

impl ConverseStream {
    pub(super) fn new(begun: Begun) -> Self {
        Self {
            asked: begun.asked,
            id: begun.id,
            warnings: begun.warnings,
            rate_limit: begun.rate_limit,
            phase: Phase::Waiting,
            reply: Map::new(),
            blocks: Vec::new(),
            held_back: None,
        }
    }

    fn event(
        &mut self,
        kind: &str,
        event: Value,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), Error> {
        match kind {
            "messageStart" => self.begin(events),
            "contentBlockStart" => {
                self.begin(events);
                self.block_start(event, events);
            }
            "contentBlockDelta" => {
                self.begin(events);
                self.block_delta(event, events);
            }
            "contentBlockStop" => self.close(index(&event), events),
            "messageStop" => {
                self.begin(events);
                self.take(event);
                self.phase = Phase::Stopped;
            }
            "metadata" => {
                self.take(event);
                if self.phase == Phase::Stopped {
                    self.finish(events)?;
                }
            }
            _ if kind == "error" || kind.ends_with("Exception") => {
                let named = (kind != "error").then_some(kind);
                return Err(error::from_event(&self.asked.provider, named, event));
            }
            _ => events.push_back(self.asked.passed_on(json!({kind: event}))),
        }
        Ok(())
    }

    fn begin(&mut self, events: &mut VecDeque<StreamEvent>) {
        if self.phase == Phase::Waiting {
            self.phase = Phase::Open;
            events.push_back(StreamEvent::StreamStart {
                id: self.id.clone(),
                model: Some(self.asked.model.clone()),
                provider: self.asked.provider.clone(),
                warnings: self.warnings.clone(),
            });
        }
    }

    fn block_start(&mut self, mut event: Value, events: &mut VecDeque<StreamEvent>) {
        let index = index(&event);
        self.close(index, events);
        self.release(None, events);
        let block = OpenBlock::started(index, event["start"].take());
        block.start(&self.asked, events);
        self.blocks.push(block);
    }

    fn block_delta(&mut self, event: Value, events: &mut VecDeque<StreamEvent>) {
        let index = index(&event);
        let delta = &event["delta"];
        if self.open(index).is_none()
            && let Some(block) = OpenBlock::implied(index, delta)
        {
            self.release(None, events);
            block.start(&self.asked, events);
            self.blocks.push(block);
        }
        match self.open(index) {
            Some(position) => self.blocks[position].delta(delta, &self.asked, events),
            None => events.push_back(self.asked.passed_on(json!({"contentBlockDelta": event}))),
        }
    }

    fn take(&mut self, event: Value) {
        if let Value::Object(fields) = event {
            self.reply.extend(fields);
        }
    }

    fn finish(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let open = self.blocks.iter().filter(|block| block.is_open());
        let open: Vec<u64> = open.map(OpenBlock::index).collect();
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
        let is_it = |block: &OpenBlock| block.is_open() && block.index() == index;
        self.blocks.iter().rposition(is_it)
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

    /// The reply put together, translated like any other.
    fn response(&self) -> Result<Response, Error> {
        let content: Vec<Value> = self.blocks.iter().map(|it| it.raw().clone()).collect();
        let mut reply = self.reply.clone();
        let output = json!({"message": {"role": "assistant", "content": content}});
        reply.insert("output".to_owned(), output);
        let mut response = response::translate(Value::Object(reply), &self.asked)?;
        for (part, block) in response.message.content.iter_mut().zip(&self.blocks) {
            if let (ContentPart::ToolCall(data), Some(call)) = (part, block.tool_call()) {
                data.arguments = call.arguments;
                data.raw_arguments = call.raw_arguments;
                data.invalid = data.invalid.take().or(call.invalid);
            }
        }
        response.id = self.id.clone().unwrap_or_default();
        response.warnings.clone_from(&self.warnings);
        response.rate_limit.clone_from(&self.rate_limit);
        Ok(response)
    }
}

impl Translator for ConverseStream {
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let Some(Value::Object(frame)) = drive::event(payload)? else {
            return Err(self.asked.broken("an event isn't an object"));
        };
        for (kind, event) in frame {
            self.event(&kind, event, events)?;
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match self.phase {
            Phase::Done => Ok(()),
            // What it used is lost, the answer isn't.
            Phase::Stopped => self.finish(events),
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
    event["contentBlockIndex"].as_u64().unwrap_or(0)
}

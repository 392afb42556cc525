//! Responses events -> `StreamEvent`: a state machine without I/O or clock.
//!
//! It puts the items together again in the API's own form, so that the response at the end is
//! translated by the same code as a reply that came in one piece. Items are told apart by their
//! place among the output, because some services change their ids in mid-stream.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::error;
use super::open_item::{OpenItem, Place, REFUSAL, SUMMARY, TEXT, THOUGHT};
use super::response;
use crate::error::Error;
use crate::provider::drive::{self, Translator};
use crate::provider::protocol::{Asked, Begun, broken_off};
use crate::types::{ContentPart, RateLimitInfo, Response, StreamEvent, ToolCall, Warning};

/// Where in its stream a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has come.
    Waiting,
    /// The response has begun.
    Open,
    /// The terminal event has come.
    Done,
}

/// One response as it arrives.
#[derive(Debug)]
pub(super) struct ResponseStream {
    asked: Asked,
    warnings: Vec<Warning>,
    rate_limit: Option<RateLimitInfo>,
    phase: Phase,
    /// The response without its output: id, model, usage, status.
    response: Map<String, Value>,
    /// In the order of the output.
    items: Vec<OpenItem>,
    /// How many items have come.
    count: usize,
    /// The call that is complete but not yet told of: it is the last item so far, and the terminal
    /// event may say that it was cut off.
    held_back: Option<usize>,
}

impl ResponseStream {
    pub(super) fn new(begun: Begun) -> Self {
        Self {
            asked: begun.asked,
            warnings: begun.warnings,
            rate_limit: begun.rate_limit,
            phase: Phase::Waiting,
            response: Map::new(),
            items: Vec::new(),
            count: 0,
            held_back: None,
        }
    }

    fn event(&mut self, mut event: Value, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        if matches!(
            kind.as_str(),
            "error" | "response.failed" | "response.error"
        ) || (kind.is_empty() && error::is_error(&event))
        {
            return Err(error::from_event(&self.asked.provider, event));
        }
        self.begin(&mut event, events);
        match kind.as_str() {
            "ping"
            | "keepalive"
            | "response.created"
            | "response.in_progress"
            | "response.queued" => {}
            "response.output_item.added" => self.item_added(event, events),
            "response.output_item.done" => self.item_done(event, events),
            "response.output_text.delta" => self.text(&event, TEXT, "content_index", events),
            "response.refusal.delta" => self.text(&event, REFUSAL, "content_index", events),
            "response.reasoning_summary_text.delta" => {
                self.text(&event, SUMMARY, "summary_index", events);
            }
            "response.reasoning_text.delta" => self.text(&event, THOUGHT, "content_index", events),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.arguments(&event, events);
            }
            "response.output_text.annotation.added" => self.annotation(event, events),
            // What these say comes once more with the end of their item.
            "response.content_part.added"
            | "response.content_part.done"
            | "response.output_text.done"
            | "response.refusal.done"
            | "response.reasoning_summary_part.added"
            | "response.reasoning_summary_part.done"
            | "response.reasoning_summary_text.done"
            | "response.reasoning_text.done"
            | "response.function_call_arguments.done"
            | "response.custom_tool_call_input.done" => {}
            "response.completed"
            | "response.incomplete"
            | "response.done"
            | "response.cancelled" => return self.finish(event, events),
            _ => events.push_back(self.asked.passed_on(event)),
        }
        Ok(())
    }

    /// The first event begins the stream, whatever it is; a repeated beginning says nothing.
    fn begin(&mut self, event: &mut Value, events: &mut VecDeque<StreamEvent>) {
        if self.phase != Phase::Waiting {
            return;
        }
        self.phase = Phase::Open;
        if let Some(Value::Object(response)) = event.get("response") {
            self.response = response.clone();
        }
        let text = |key: &str| Some(self.response.get(key)?.as_str()?.to_owned());
        events.push_back(StreamEvent::StreamStart {
            id: text("id"),
            model: text("model"),
            provider: self.asked.provider.clone(),
            warnings: self.warnings.clone(),
        });
    }

    fn item_added(&mut self, mut event: Value, events: &mut VecDeque<StreamEvent>) {
        let item = event["item"].take();
        let output_index = self.output_index(&event, &item);
        match self.open(output_index) {
            Some(position) if self.items[position].has_type_of(&item) => return,
            Some(position) => self.close(position, None, events),
            None => {}
        }
        let position = self.insert(output_index, item.clone(), events);
        if self.items[position].is_other() {
            event["item"] = item;
            events.push_back(self.asked.passed_on(event));
        }
    }

    fn item_done(&mut self, mut event: Value, events: &mut VecDeque<StreamEvent>) {
        let item = event["item"].take();
        let output_index = self.output_index(&event, &item);
        let position = match self.open(output_index) {
            Some(position) => position,
            None if self.was_closed(output_index, &item) => return,
            None => self.insert(output_index, item.clone(), events),
        };
        if self.items[position].is_other() {
            event["item"] = item.clone();
            events.push_back(self.asked.passed_on(event));
        }
        self.close(position, Some(item), events);
    }

    fn was_closed(&self, output_index: u64, item: &Value) -> bool {
        let mut items = self.items.iter();
        items.any(|it| !it.is_open() && it.output_index() == output_index && it.is_again(item))
    }

    fn text(
        &mut self,
        event: &Value,
        place: Place,
        index: &str,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let kind = match place.kind {
            "output_text" | "refusal" => "message",
            _ => "reasoning",
        };
        let position =
            self.open_or_implied(event, json!({"type": kind, "role": "assistant"}), events);
        let index = event[index].as_u64().unwrap_or(0);
        let delta = event["delta"].as_str().unwrap_or_default();
        self.items[position].text(Place { index, ..place }, delta, events);
    }

    fn arguments(&mut self, event: &Value, events: &mut VecDeque<StreamEvent>) {
        let kind = match event["type"].as_str() {
            Some("response.custom_tool_call_input.delta") => "custom_tool_call",
            _ => "function_call",
        };
        let position = self.open_or_implied(event, json!({"type": kind}), events);
        let delta = event["delta"].as_str().unwrap_or_default();
        self.items[position].arguments(delta, events);
    }

    fn annotation(&mut self, event: Value, events: &mut VecDeque<StreamEvent>) {
        if let Some(position) = self.open(self.output_index(&event, &Value::Null)) {
            let index = event["content_index"].as_u64().unwrap_or(0);
            let annotation = event["annotation"].clone();
            self.items[position].annotation(Place { index, ..TEXT }, annotation);
        }
        events.push_back(self.asked.passed_on(event));
    }

    /// The item that a delta belongs to; one that wasn't announced begins with it.
    fn open_or_implied(
        &mut self,
        event: &Value,
        implied: Value,
        events: &mut VecDeque<StreamEvent>,
    ) -> usize {
        let output_index = self.output_index(event, &Value::Null);
        match self.open(output_index) {
            Some(position) => position,
            None => self.insert(output_index, implied, events),
        }
    }

    /// Where an event's item stands; without a word on it, what has its id, and for a delta what
    /// came last.
    fn output_index(&self, event: &Value, item: &Value) -> u64 {
        let by_id = || {
            let id = event["item_id"].as_str().or_else(|| item["id"].as_str())?;
            let found = self.items.iter().find(|item| item.id() == Some(id))?;
            Some(found.output_index())
        };
        let last_open = || {
            let last = self.items.iter().rfind(|item| item.is_open())?;
            item.is_null().then(|| last.output_index())
        };
        let next = || u64::try_from(self.count).unwrap_or(u64::MAX);
        event["output_index"]
            .as_u64()
            .or_else(by_id)
            .or_else(last_open)
            .unwrap_or_else(next)
    }

    /// The position of the open item with that index.
    fn open(&self, output_index: u64) -> Option<usize> {
        let mut items = self.items.iter();
        items.rposition(|item| item.is_open() && item.output_index() == output_index)
    }

    fn insert(
        &mut self,
        output_index: u64,
        raw: Value,
        events: &mut VecDeque<StreamEvent>,
    ) -> usize {
        let position = self
            .items
            .iter()
            .rposition(|item| item.output_index() <= output_index)
            .map_or(0, |before| before + 1);
        match self.held_back {
            // It isn't the last item any more.
            Some(held) if position > held => self.release(None, events),
            Some(held) => self.held_back = Some(held + 1),
            None => {}
        }
        let mut item = OpenItem::new(output_index, self.count, raw);
        self.count += 1;
        item.start(events);
        self.items.insert(position, item);
        position
    }

    fn close(&mut self, position: usize, whole: Option<Value>, events: &mut VecDeque<StreamEvent>) {
        self.items[position].close(whole, &self.asked, events);
        if !self.items[position].is_tool_call() {
            return;
        }
        if position + 1 == self.items.len() {
            self.held_back = Some(position);
        } else {
            self.tell(position, None, events);
        }
    }

    /// Tells of the call held back, as the finished response has it if there is one.
    fn release(&mut self, finished: Option<&Response>, events: &mut VecDeque<StreamEvent>) {
        if let Some(position) = self.held_back.take() {
            self.tell(position, finished, events);
        }
    }

    fn tell(
        &self,
        position: usize,
        finished: Option<&Response>,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let part = match finished {
            // Only the last item is ever held back.
            Some(response) => response.message.content.last().cloned(),
            None => response::parts(&self.items[position].raw(), position, &self.asked).pop(),
        };
        let tool_call = match &part {
            Some(ContentPart::ToolCall(data)) => ToolCall::from(data),
            _ => self.items[position].tool_call(),
        };
        events.push_back(StreamEvent::ToolCallEnd { tool_call });
    }

    fn finish(
        &mut self,
        mut event: Value,
        events: &mut VecDeque<StreamEvent>,
    ) -> Result<(), Error> {
        if let Value::Object(response) = event["response"].take() {
            self.response = response;
        }
        let output = self.response.remove("output");
        if let Some(Value::Array(output)) = output {
            self.supply(output, events);
        }
        let open: Vec<usize> = (0..self.items.len())
            .filter(|position| self.items[*position].is_open())
            .collect();
        for position in open {
            self.close(position, None, events);
        }
        let response = self.response()?;
        self.release(Some(&response), events);
        self.phase = Phase::Done;
        events.push_back(StreamEvent::finish(response));
        Ok(())
    }

    /// The whole output at the end, for the items that no event of their own has completed.
    fn supply(&mut self, output: Vec<Value>, events: &mut VecDeque<StreamEvent>) {
        let length = output.len();
        for (index, item) in (0..).zip(output) {
            let seen = |it: &OpenItem| it.output_index() == index || it.is_again(&item);
            if let Some(position) = self.open(index) {
                self.close(position, Some(item), events);
            } else if self.items.len() < length && !self.items.iter().any(seen) {
                let position = self.insert(index, item.clone(), events);
                self.close(position, Some(item), events);
            }
        }
    }

    /// The response put together, translated like any reply.
    fn response(&self) -> Result<Response, Error> {
        let mut response = self.response.clone();
        let output = self.items.iter().map(OpenItem::raw).collect();
        response.insert("output".to_owned(), output);
        let mut response = response::translate(Value::Object(response), &self.asked)?;
        response.warnings.clone_from(&self.warnings);
        response.rate_limit.clone_from(&self.rate_limit);
        Ok(response)
    }
}

impl Translator for ResponseStream {
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
            Phase::Waiting => Err(self
                .asked
                .broken("the stream ended before a response began")),
            Phase::Open => Err(self
                .asked
                .broken("the stream ended before its response was complete")),
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
        let is_open = |id: &str| {
            let mut open = self
                .items
                .iter()
                .filter(|item| item.is_open() && item.is_tool_call());
            open.any(|item| item.tool_call().id == id)
        };
        Some(broken_off(partial, |_, call| is_open(&call.id)))
    }
}

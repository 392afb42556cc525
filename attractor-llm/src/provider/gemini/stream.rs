//! The pieces of a streamed reply -> `StreamEvent`; a state machine without I/O or clock.
//!
//! It puts the parts together again in the API's own form, so that the response at the end is
//! translated by the same code as a reply that came in one piece. A part with a signature stays a
//! part of its own, because it has to go back as it came. The API has no terminal event: a stream
//! is complete when it has said why the answer ended, and what follows (the usage, say) still
//! counts.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Map, Value};

use super::open_part::OpenPart;
use super::reply::{CallIds, Frame, chosen, is_reply};
use super::{error, response};
use crate::error::Error;
use crate::limits::STREAM_GRACE;
use crate::provider::drive::{self, Translator};
use crate::provider::protocol::{Asked, Begun, broken_off};
use crate::types::{ContentPart, RateLimitInfo, Response, StreamEvent, Warning};

/// Where in its stream a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has come.
    Waiting,
    /// The reply has begun.
    Open,
    /// It has said why it ended; something about it may follow.
    Ended,
    /// All has come.
    Done,
}

/// One reply as it arrives.
#[derive(Debug)]
pub(crate) struct ContentStream {
    asked: Asked,
    warnings: Vec<Warning>,
    rate_limit: Option<RateLimitInfo>,
    phase: Phase,
    frame: Frame,
    ids: CallIds,
    parts: Vec<OpenPart>,
    /// How many tool calls have come.
    calls: usize,
    /// The call that is complete but not yet told of: the end of the answer may say that it was cut
    /// off.
    held_back: Option<usize>,
}

/// The response of a stream that came in one piece.
///
/// # Errors
///
/// The error that a piece reports, or [`ErrorKind::Server`] when there is no answer among them.
pub(super) fn whole(pieces: Vec<Value>, asked: &Asked) -> Result<Response, Error> {
    let mut stream = ContentStream::new(Begun {
        asked: asked.clone(),
        #[cfg(feature = "bedrock")]
        id: None,
        warnings: Vec::new(),
        rate_limit: None,
    });
    let mut events = VecDeque::new();
    for piece in pieces {
        stream.piece(piece, &mut events)?;
        events.clear();
    }
    stream.response()
}

impl ContentStream {
    pub(super) fn new(begun: Begun) -> Self {
        Self {
            asked: begun.asked,
            warnings: begun.warnings,
            rate_limit: begun.rate_limit,
            phase: Phase::Waiting,
            frame: Frame::default(),
            ids: CallIds::of(&Value::Null),
            parts: Vec::new(),
            calls: 0,
            held_back: None,
        }
    }

    fn piece(&mut self, piece: Value, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        let piece = match piece {
            Value::Array(pieces) => {
                let mut pieces = pieces.into_iter();
                return pieces.try_for_each(|piece| self.piece(piece, events));
            }
            piece => piece,
        };
        if error::is_error(&piece) {
            return Err(error::from_event(&self.asked.provider, piece));
        }
        self.begin(&piece, events);
        if !is_reply(&piece) {
            events.push_back(self.asked.passed_on(piece));
            return Ok(());
        }
        let candidate = chosen(&piece).unwrap_or(&Value::Null);
        let ended = response::raw_finish_reason(candidate).is_some()
            || response::block_reason(&piece).is_some();
        let beside: Map<String, Value> = response::of_answer(candidate).collect();
        for part in self.frame.absorb(piece) {
            self.part(part, events);
        }
        if !beside.is_empty() {
            events.push_back(self.asked.passed_on(Value::Object(beside)));
        }
        if ended {
            self.phase = Phase::Ended;
        }
        Ok(())
    }

    /// The first piece begins the reply, whatever it is.
    fn begin(&mut self, piece: &Value, events: &mut VecDeque<StreamEvent>) {
        if self.phase != Phase::Waiting {
            return;
        }
        self.phase = Phase::Open;
        self.ids = CallIds::of(piece);
        let text = |key: &str| piece[key].as_str().map(str::to_owned);
        events.push_back(StreamEvent::StreamStart {
            id: text("responseId"),
            model: text("modelVersion"),
            provider: self.asked.provider.clone(),
            warnings: self.warnings.clone(),
        });
    }

    fn part(&mut self, raw: Value, events: &mut VecDeque<StreamEvent>) {
        if let Some(last) = self.parts.last_mut()
            && last.continues(&raw)
        {
            last.grow(&raw, events);
        } else {
            self.close(events);
            self.release(None, events);
            let id = self.ids.id(self.calls);
            let Some(part) = OpenPart::open(raw, self.parts.len(), id, events) else {
                return;
            };
            self.calls += usize::from(part.is_call());
            if part.is_other() {
                events.push_back(self.asked.passed_on(part.raw()));
            }
            self.parts.push(part);
        }
        if self.parts.last().is_some_and(OpenPart::is_complete) {
            self.close(events);
        }
    }

    /// Ends the last part.
    fn close(&mut self, events: &mut VecDeque<StreamEvent>) {
        let position = self.parts.len().saturating_sub(1);
        let Some(part) = self.parts.last_mut().filter(|part| part.is_open()) else {
            return;
        };
        part.close(&self.asked, events);
        if part.is_call() {
            self.held_back = Some(position);
        }
    }

    /// Tells of the call held back, as the finished response has it if there is one.
    fn release(&mut self, finished: Option<&Response>, events: &mut VecDeque<StreamEvent>) {
        let Some(position) = self.held_back.take() else {
            return;
        };
        let mut call = self.parts[position].tool_call(&self.asked);
        let told = finished.and_then(|response| {
            let mut calls = response.tool_calls().into_iter();
            calls.find(|told| told.id == call.id)
        });
        if let Some(told) = told {
            call = told;
        }
        events.push_back(StreamEvent::ToolCallEnd { tool_call: call });
    }

    fn finish(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        self.close(events);
        let response = self.response()?;
        self.release(Some(&response), events);
        self.phase = Phase::Done;
        events.push_back(StreamEvent::finish(response));
        Ok(())
    }

    /// The reply put together, translated like any other.
    fn response(&self) -> Result<Response, Error> {
        let parts = self.parts.iter().map(OpenPart::raw).collect();
        let mut response =
            response::translate_with(self.frame.with(parts), &self.asked, &self.ids)?;
        let broken = self.parts.iter().filter(|part| part.is_call());
        let calls = response
            .message
            .content
            .iter_mut()
            .filter_map(|part| match part {
                ContentPart::ToolCall(data) => Some(data),
                _ => None,
            });
        for (call, part) in calls.zip(broken) {
            call.invalid = call.invalid.take().or_else(|| part.invalid());
        }
        response.warnings.clone_from(&self.warnings);
        response.rate_limit.clone_from(&self.rate_limit);
        Ok(response)
    }
}

impl Translator for ContentStream {
    fn apply(&mut self, payload: &str, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match drive::event(payload)? {
            Some(piece) => self.piece(piece, events),
            None => Ok(()),
        }
    }

    fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    fn end(&mut self, events: &mut VecDeque<StreamEvent>) -> Result<(), Error> {
        match self.phase {
            Phase::Done => Ok(()),
            Phase::Ended => self.finish(events),
            Phase::Waiting => Err(self.asked.broken("the stream ended before a reply began")),
            Phase::Open => Err(self
                .asked
                .broken("the stream ended before its reply was complete")),
        }
    }

    fn grace(&self) -> Option<Duration> {
        (self.phase == Phase::Ended).then_some(STREAM_GRACE)
    }

    fn provider(&self) -> &str {
        &self.asked.provider
    }

    fn partial(&self) -> Option<Response> {
        if self.phase == Phase::Waiting {
            return None;
        }
        let partial = self.response().ok()?;
        let last = partial.message.content.len().wrapping_sub(1);
        let is_cut = |part: &OpenPart| part.is_call() && part.is_open();
        let is_cut = self.parts.last().is_some_and(is_cut);
        Some(broken_off(partial, |at, _| is_cut && at == last))
    }
}

//! The segment of text or reasoning that is open in a stream; pure.

use std::collections::VecDeque;

use serde_json::Value;

use super::parts::thinking;
use super::{details, kept};
use crate::provider::protocol::Asked;
use crate::types::{ContentPart, StreamEvent, ThinkingData};

/// What a segment is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Words by which the model declines to answer.
    Refusal,
    /// Reasoning; of the detail at this place, if it has one.
    Reasoning(Option<usize>),
}

/// The segments of a stream, of which at most one is open.
#[derive(Debug, Default)]
pub(super) struct Segments {
    open: Option<Segment>,
    /// How many have begun.
    count: usize,
}

#[derive(Debug)]
struct Segment {
    kind: Kind,
    id: String,
    text: String,
    /// The signature and the detail it came with.
    detail: Option<Value>,
}

impl Segments {
    /// Adds a text to the open segment, or to a new one where that is of another kind.
    pub(super) fn grow(
        &mut self,
        kind: Kind,
        text: &str,
        asked: &Asked,
        events: &mut VecDeque<StreamEvent>,
    ) {
        if text.is_empty() {
            return;
        }
        if self
            .open
            .as_ref()
            .is_none_or(|open| !goes_on(open.kind, kind))
        {
            self.close(asked, events);
            self.begin(kind, events);
        }
        let Some(open) = &mut self.open else {
            return;
        };
        open.text.push_str(text);
        let delta = text.to_owned();
        let id = open.id.clone();
        events.push_back(match kind {
            Kind::Reasoning(_) => StreamEvent::ReasoningDelta {
                reasoning_id: id,
                delta,
            },
            _ => StreamEvent::TextDelta { text_id: id, delta },
        });
    }

    fn begin(&mut self, kind: Kind, events: &mut VecDeque<StreamEvent>) {
        let id = self.next_id(kind);
        events.push_back(match kind {
            Kind::Reasoning(_) => StreamEvent::ReasoningStart {
                reasoning_id: id.clone(),
            },
            _ => StreamEvent::TextStart {
                text_id: id.clone(),
            },
        });
        self.open = Some(Segment {
            kind,
            id,
            text: String::new(),
            detail: None,
        });
    }

    fn next_id(&mut self, kind: Kind) -> String {
        let word = match kind {
            Kind::Reasoning(_) => "reasoning",
            _ => "text",
        };
        self.count += 1;
        format!("{word}_{}", self.count - 1)
    }

    /// The detail at a place as it is now, for the segment that is of it.
    pub(super) fn signed(&mut self, place: usize, detail: &Value) {
        if let Some(open) = &mut self.open
            && matches!(open.kind, Kind::Reasoning(at) if at.is_none_or(|at| at == place))
        {
            open.detail = Some(detail.clone());
        }
    }

    /// Tells of reasoning that can't be read.
    pub(super) fn redacted(&mut self, part: ContentPart, events: &mut VecDeque<StreamEvent>) {
        let (ContentPart::RedactedThinking(thinking) | ContentPart::Thinking(thinking)) = part
        else {
            return;
        };
        let reasoning_id = self.next_id(Kind::Reasoning(None));
        let id = reasoning_id.clone();
        events.push_back(StreamEvent::ReasoningStart { reasoning_id });
        events.push_back(StreamEvent::ReasoningEnd {
            reasoning_id: id,
            thinking,
        });
    }

    /// Ends the open segment.
    pub(super) fn close(&mut self, asked: &Asked, events: &mut VecDeque<StreamEvent>) {
        let Some(open) = self.open.take() else {
            return;
        };
        events.push_back(match open.kind {
            Kind::Reasoning(_) => StreamEvent::ReasoningEnd {
                thinking: open.thinking(asked),
                reasoning_id: open.id,
            },
            _ => StreamEvent::TextEnd {
                text_id: open.id,
                text: open.text,
            },
        });
    }
}

impl Segment {
    fn thinking(&self, asked: &Asked) -> ThinkingData {
        let mut data = thinking(&self.text, asked);
        if let Some(detail) = &self.detail
            && let ContentPart::Thinking(part) = details::part(detail, asked)
        {
            data.signature = part.signature;
            data.provider_metadata = kept::keep(asked, "details", vec![detail.clone()]);
        }
        data
    }
}

/// Reasoning without a detail of its own belongs to what is open.
fn goes_on(open: Kind, next: Kind) -> bool {
    match (open, next) {
        (Kind::Reasoning(open), Kind::Reasoning(next)) => {
            open == next || open.is_none() || next.is_none()
        }
        (open, next) => open == next,
    }
}

//! Events of texts -> events of texts and reasoning.

use super::Rewrite;
use super::splitter::{Piece, Splitter};
use crate::error::Error;
use crate::types::StreamEvent;

type Item = Result<StreamEvent, Error>;

/// Rewrites the events of one stream.
#[derive(Debug)]
pub(super) struct Rewriter {
    rewrite: Rewrite,
    /// The texts that have begun and not ended.
    texts: Vec<Text>,
    is_first: bool,
}

/// A text of the provider.
#[derive(Debug)]
struct Text {
    id: String,
    splitter: Splitter,
    /// The segment that is being told, and what was told of it.
    open: Option<(Segment, String)>,
    /// Segments told so far, for their ids.
    count: usize,
}

#[derive(Clone, Debug)]
enum Segment {
    Text(String),
    Reasoning(String),
}

impl Rewriter {
    pub(super) fn new(rewrite: Rewrite) -> Self {
        Self {
            rewrite,
            texts: Vec::new(),
            is_first: true,
        }
    }

    /// What takes the place of an event.
    pub(super) fn apply(&mut self, item: Item) -> Vec<Item> {
        let mut events = Vec::new();
        match item {
            Ok(StreamEvent::TextStart { text_id }) => {
                self.text(&text_id);
            }
            Ok(StreamEvent::TextDelta { text_id, delta }) => {
                let rewrite = self.rewrite.clone();
                self.text(&text_id).push(&delta, &rewrite, &mut events);
            }
            Ok(StreamEvent::TextEnd { text_id, .. }) => {
                let rewrite = self.rewrite.clone();
                self.text(&text_id).end(&rewrite, &mut events);
                self.texts.retain(|text| text.id != text_id);
            }
            Ok(StreamEvent::Finish {
                finish_reason,
                usage,
                response,
            }) => events.push(StreamEvent::Finish {
                finish_reason,
                usage,
                response: Box::new(self.rewrite.response(*response)),
            }),
            Ok(other) => events.push(other),
            Err(error) => return self.broken(error),
        }
        events.into_iter().map(Ok).collect()
    }

    /// The stream is over: what was held back has arrived too.
    fn broken(&mut self, error: Error) -> Vec<Item> {
        let mut events = Vec::new();
        for text in &mut self.texts {
            text.flush(&self.rewrite, &mut events);
        }
        let partial = error.partial_response().cloned();
        let error = match partial {
            Some(partial) => error.with_partial_response(self.rewrite.response(partial)),
            None => error,
        };
        events.into_iter().map(Ok).chain([Err(error)]).collect()
    }

    /// The text of that id, which begins here if it hasn't.
    fn text(&mut self, id: &str) -> &mut Text {
        let known = self.texts.iter().position(|text| text.id == id);
        let at = known.unwrap_or_else(|| {
            let is_first = std::mem::replace(&mut self.is_first, false);
            self.texts.push(Text {
                id: id.to_owned(),
                splitter: self.rewrite.splitter(is_first),
                open: None,
                count: 0,
            });
            self.texts.len() - 1
        });
        &mut self.texts[at]
    }
}

impl Text {
    fn push(&mut self, delta: &str, rewrite: &Rewrite, events: &mut Vec<StreamEvent>) {
        let mut pieces = Vec::new();
        self.splitter.push(delta, &mut pieces);
        self.tell(pieces, rewrite, events);
    }

    fn flush(&mut self, rewrite: &Rewrite, events: &mut Vec<StreamEvent>) {
        let mut pieces = Vec::new();
        self.splitter.finish(&mut pieces);
        self.tell(pieces, rewrite, events);
    }

    fn end(&mut self, rewrite: &Rewrite, events: &mut Vec<StreamEvent>) {
        self.flush(rewrite, events);
        // A text that came empty stays one.
        if self.open.is_none() && self.count == 0 && !self.splitter.found() {
            self.begin(false, events);
        }
        self.close(rewrite, events);
    }

    fn tell(&mut self, pieces: Vec<Piece>, rewrite: &Rewrite, events: &mut Vec<StreamEvent>) {
        for piece in pieces {
            match piece {
                Piece::Text(delta) => self.grow(delta, false, events),
                Piece::Thinking(delta) => self.grow(delta, true, events),
                Piece::Boundary => self.close(rewrite, events),
            }
        }
    }

    fn grow(&mut self, delta: String, is_reasoning: bool, events: &mut Vec<StreamEvent>) {
        if self.open.is_none() {
            self.begin(is_reasoning, events);
        }
        let Some((segment, told)) = &mut self.open else {
            return;
        };
        told.push_str(&delta);
        events.push(match segment.clone() {
            Segment::Text(text_id) => StreamEvent::TextDelta { text_id, delta },
            Segment::Reasoning(reasoning_id) => StreamEvent::ReasoningDelta {
                reasoning_id,
                delta,
            },
        });
    }

    /// The first segment of a text keeps the text's id unless it is reasoning.
    fn begin(&mut self, is_reasoning: bool, events: &mut Vec<StreamEvent>) {
        let (id, count) = (&self.id, self.count);
        let segment = match (is_reasoning, count) {
            (true, _) => Segment::Reasoning(format!("{id}/thinking/{count}")),
            (false, 0) => Segment::Text(id.clone()),
            (false, _) => Segment::Text(format!("{id}/{count}")),
        };
        self.count += 1;
        events.push(match segment.clone() {
            Segment::Text(text_id) => StreamEvent::TextStart { text_id },
            Segment::Reasoning(reasoning_id) => StreamEvent::ReasoningStart { reasoning_id },
        });
        self.open = Some((segment, String::new()));
    }

    fn close(&mut self, rewrite: &Rewrite, events: &mut Vec<StreamEvent>) {
        let Some((segment, told)) = self.open.take() else {
            return;
        };
        events.push(match segment {
            Segment::Text(text_id) => StreamEvent::TextEnd {
                text_id,
                text: told,
            },
            Segment::Reasoning(reasoning_id) => StreamEvent::ReasoningEnd {
                reasoning_id,
                thinking: rewrite.thinking(told),
            },
        });
    }
}

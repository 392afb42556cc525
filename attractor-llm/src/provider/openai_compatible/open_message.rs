//! The message of a completion while it arrives; pure.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::chunk::Plain;
use super::details;
use super::open_call::{OpenCall, place_of};
use super::open_content::OpenContent;
use super::parts::{REASONING_FIELDS, filled};
use super::segment::{Kind, Segments};
use crate::provider::protocol::Asked;
use crate::types::StreamEvent;

/// A message, put together from its deltas.
#[derive(Debug)]
pub(super) struct OpenMessage {
    asked: Asked,
    content: OpenContent,
    /// Reasoning as text, and the field that it comes in.
    reasoning: Option<(&'static str, String)>,
    details: Vec<Value>,
    refusal: String,
    calls: Vec<OpenCall>,
    /// What else the deltas have.
    beside: Map<String, Value>,
    segments: Segments,
}

impl OpenMessage {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            content: OpenContent::default(),
            reasoning: None,
            details: Vec::new(),
            refusal: String::new(),
            calls: Vec::new(),
            beside: Map::new(),
            segments: Segments::default(),
        }
    }

    pub(super) fn take(&mut self, delta: Value, events: &mut VecDeque<StreamEvent>) {
        let Value::Object(mut delta) = delta else {
            return;
        };
        self.take_reasoning(&mut delta, events);
        match delta.remove("content") {
            Some(Value::String(text)) => self.text(&text, events),
            Some(Value::Array(chunks)) => {
                for chunk in chunks {
                    self.chunk(chunk, events);
                }
            }
            None | Some(Value::Null) => {}
            Some(parsed) => self.text(&parsed.to_string(), events),
        }
        if let Some(refusal) = delta.remove("refusal").as_ref().and_then(Value::as_str) {
            self.refusal.push_str(refusal);
            self.segments
                .grow(Kind::Refusal, refusal, &self.asked, events);
        }
        if let Some(Value::Array(pieces)) = delta.remove("tool_calls") {
            for piece in pieces {
                self.call(piece, events);
            }
        }
        if let Some(function) = delta.remove("function_call").filter(Value::is_object) {
            let says = |key: &str| filled(&function[key]).is_some();
            if says("name") || says("arguments") {
                self.call(json!({"index": 0, "function": function}), events);
            }
        }
        self.keep_beside(delta);
    }

    /// Takes a chunk that only goes on with what is open; false where it can't.
    pub(super) fn take_plain(
        &mut self,
        plain: &Plain<'_>,
        events: &mut VecDeque<StreamEvent>,
    ) -> bool {
        let delta = plain.delta();
        if let Some([call]) = &delta.tool_calls {
            let others = [&delta.content, &delta.reasoning, &delta.reasoning_content];
            if others.into_iter().flatten().any(|text| !text.0.is_empty()) {
                return false;
            }
            let open = |it: &OpenCall| it.is_open_at(call.index);
            let Some(place) = self.calls.iter().rposition(open) else {
                return false;
            };
            self.segments.close(&self.asked, events);
            self.calls[place].add(&call.function.arguments.0, events);
            return true;
        }
        let fields = [&delta.reasoning_content, &delta.reasoning];
        for (field, text) in REASONING_FIELDS.into_iter().zip(fields) {
            let text = text.as_ref().map_or("", |text| &text.0);
            if !text.is_empty() {
                self.thought(field, text, None, events);
                break;
            }
        }
        if let Some(text) = &delta.content {
            self.text(&text.0, events);
        }
        true
    }

    /// Reasoning comes as text, as details, or as both at once, which then say the same.
    fn take_reasoning(
        &mut self,
        delta: &mut Map<String, Value>,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let said: Vec<Option<Value>> = REASONING_FIELDS.map(|field| delta.remove(field)).into();
        let said = REASONING_FIELDS
            .into_iter()
            .zip(&said)
            .find_map(|(field, value)| {
                let text = value.as_ref().and_then(Value::as_str)?;
                (!text.is_empty()).then_some((field, text))
            });
        let details = match delta.remove("reasoning_details") {
            Some(Value::Array(details)) => details,
            _ => Vec::new(),
        };
        let mut place = None;
        for piece in details {
            let text = details::text(&piece).map(str::to_owned);
            let is_opaque = text.is_none() && piece.get("signature").is_none();
            let grown = details::grow(&mut self.details, piece);
            if is_opaque {
                let part = details::part(&self.details[grown], &self.asked);
                self.segments.redacted(part, events);
                continue;
            }
            place = Some(grown);
            self.segments.signed(grown, &self.details[grown]);
            if said.is_none() {
                let text = text.unwrap_or_default();
                self.segments
                    .grow(Kind::Reasoning(place), &text, &self.asked, events);
            }
        }
        if let Some((field, text)) = said {
            self.thought(field, text, place, events);
        }
    }

    fn thought(
        &mut self,
        field: &'static str,
        text: &str,
        place: Option<usize>,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let (_, all) = self.reasoning.get_or_insert_with(|| (field, String::new()));
        all.push_str(text);
        self.segments
            .grow(Kind::Reasoning(place), text, &self.asked, events);
    }

    fn text(&mut self, text: &str, events: &mut VecDeque<StreamEvent>) {
        self.content.text(text);
        self.segments.grow(Kind::Text, text, &self.asked, events);
    }

    fn chunk(&mut self, chunk: Value, events: &mut VecDeque<StreamEvent>) {
        if let Some((kind, text)) = self.content.chunk(chunk) {
            self.segments.grow(kind, &text, &self.asked, events);
        }
    }

    fn call(&mut self, piece: Value, events: &mut VecDeque<StreamEvent>) {
        self.segments.close(&self.asked, events);
        let place = place_of(&piece, &self.calls).unwrap_or_else(|| {
            self.calls.push(OpenCall::default());
            self.calls.len() - 1
        });
        self.calls[place].take(piece, place, events);
    }

    fn keep_beside(&mut self, delta: Map<String, Value>) {
        for (key, value) in delta {
            match (self.beside.get_mut(&key), value) {
                (_, Value::Null) => {}
                (Some(Value::Array(old)), Value::Array(new)) => old.extend(new),
                (Some(Value::Object(old)), Value::Object(new)) if key == "audio" => {
                    append_texts(old, new);
                }
                (_, value) => {
                    self.beside.insert(key, value);
                }
            }
        }
    }

    /// Ends what is open, but for the calls, which only the whole answer can tell to be whole.
    pub(super) fn close(&mut self, events: &mut VecDeque<StreamEvent>) {
        self.segments.close(&self.asked, events);
        for (place, call) in self.calls.iter_mut().enumerate() {
            call.start(place, events);
        }
    }

    /// The message in the API's form.
    pub(super) fn raw(&self) -> Value {
        let mut raw = self.beside.clone();
        raw.entry("role").or_insert_with(|| "assistant".into());
        raw.insert("content".to_owned(), self.content.raw());
        if let Some((field, text)) = &self.reasoning {
            raw.insert((*field).to_owned(), text.as_str().into());
        }
        if !self.details.is_empty() {
            raw.insert("reasoning_details".to_owned(), self.details.clone().into());
        }
        if !self.refusal.is_empty() {
            raw.insert("refusal".to_owned(), self.refusal.as_str().into());
        }
        if !self.calls.is_empty() {
            let calls = self.calls.iter().map(OpenCall::raw).collect();
            raw.insert("tool_calls".to_owned(), calls);
        }
        raw.into()
    }
}

/// What is spoken comes in pieces too.
fn append_texts(old: &mut Map<String, Value>, new: Map<String, Value>) {
    for (key, value) in new {
        match (old.get_mut(&key), value) {
            (Some(Value::String(old)), Value::String(new))
                if matches!(key.as_str(), "data" | "transcript") =>
            {
                old.push_str(&new);
            }
            (_, value) => {
                old.insert(key, value);
            }
        }
    }
}

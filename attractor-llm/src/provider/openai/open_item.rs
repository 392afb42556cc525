//! One output item while its deltas arrive; pure.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::response::{self, BETWEEN_THOUGHTS};
use crate::provider::protocol::Asked;
use crate::types::{ContentPart, StreamEvent, ToolCall};

/// What the unified events call an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message,
    Reasoning,
    ToolCall,
    Other,
}

/// An output item in the API's own form, growing.
#[derive(Debug)]
pub(super) struct OpenItem {
    /// Where the service says it stands among the items.
    output_index: u64,
    /// What its segments are named after; unique in the stream.
    key: usize,
    kind: Kind,
    raw: Value,
    pieces: Vec<Piece>,
    /// The reasoning that was told of, or the arguments.
    told: String,
    /// Whether the reasoning or the call has begun in the events.
    begun: bool,
    open: bool,
}

/// A part of an item's content, or of its summary, growing.
#[derive(Debug)]
struct Piece {
    list: &'static str,
    index: u64,
    value: Value,
    /// The text that was told of; `None` before the segment has begun.
    told: Option<String>,
}

/// Which text of which item a delta belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// `content` or `summary`.
    pub(super) list: &'static str,
    pub(super) index: u64,
    /// The type of the content part.
    pub(super) kind: &'static str,
    /// The field that holds the text.
    pub(super) field: &'static str,
}

impl OpenItem {
    pub(super) fn new(output_index: u64, key: usize, raw: Value) -> Self {
        let raw = if raw.is_object() {
            raw
        } else {
            Value::Object(Map::new())
        };
        let kind = match raw["type"].as_str().unwrap_or_default() {
            "message" => Kind::Message,
            "reasoning" => Kind::Reasoning,
            "function_call" | "custom_tool_call" => Kind::ToolCall,
            _ => Kind::Other,
        };
        Self {
            output_index,
            key,
            kind,
            raw,
            pieces: Vec::new(),
            told: String::new(),
            begun: false,
            open: true,
        }
    }

    pub(super) fn output_index(&self) -> u64 {
        self.output_index
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn is_tool_call(&self) -> bool {
        self.kind == Kind::ToolCall
    }

    pub(super) fn is_other(&self) -> bool {
        self.kind == Kind::Other
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.raw["id"].as_str()
    }

    /// Whether this is the same item come once more, by its ids.
    pub(super) fn is_again(&self, raw: &Value) -> bool {
        let same = |key: &str| self.raw[key].is_string() && self.raw[key] == raw[key];
        self.has_type_of(raw) && (same("id") || same("call_id"))
    }

    pub(super) fn has_type_of(&self, raw: &Value) -> bool {
        self.raw["type"] == raw["type"]
    }

    /// The item as far as it has come.
    pub(super) fn raw(&self) -> Value {
        let mut raw = self.raw.clone();
        if !self.open {
            return raw;
        }
        for list in ["content", "summary"] {
            let pieces = self.pieces.iter().filter(|piece| piece.list == list);
            let values: Vec<Value> = pieces.map(|piece| piece.value.clone()).collect();
            if !values.is_empty() {
                raw[list] = values.into();
            }
        }
        if self.kind == Kind::ToolCall {
            let key = self.arguments_key();
            raw[key] = self.told.as_str().into();
        }
        raw
    }

    /// The call, complete or not.
    pub(super) fn tool_call(&self) -> ToolCall {
        response::tool_call(&self.raw(), self.key)
    }

    /// What the item holds when it is announced.
    pub(super) fn start(&mut self, events: &mut VecDeque<StreamEvent>) {
        if self.kind != Kind::ToolCall {
            return;
        }
        // The id stays even where the service changes it in mid-stream.
        let given = |key: &str| self.raw[key].as_str().is_some_and(|text| !text.is_empty());
        if given("name") && (given("call_id") || given("id")) {
            self.begin_call(events);
        }
    }

    fn begin_call(&mut self, events: &mut VecDeque<StreamEvent>) {
        if !self.begun {
            self.begun = true;
            let ToolCall { id, name, .. } = response::tool_call(&self.raw, self.key);
            self.raw["call_id"] = id.as_str().into();
            events.push_back(StreamEvent::ToolCallStart {
                id: id.clone(),
                name,
            });
            if !self.told.is_empty() {
                let delta = self.told.clone();
                events.push_back(StreamEvent::ToolCallDelta { id, delta });
            }
        }
    }

    /// More of a call's arguments.
    pub(super) fn arguments(&mut self, delta: &str, events: &mut VecDeque<StreamEvent>) {
        if delta.is_empty() || self.kind != Kind::ToolCall {
            return;
        }
        self.told.push_str(delta);
        if self.begun {
            let id = self.raw["call_id"].as_str().unwrap_or_default().to_owned();
            let delta = delta.to_owned();
            events.push_back(StreamEvent::ToolCallDelta { id, delta });
        }
    }

    /// More of a text or of the reasoning.
    pub(super) fn text(&mut self, place: Place, delta: &str, events: &mut VecDeque<StreamEvent>) {
        let at = self.piece(place, delta);
        if delta.is_empty() {
            return;
        }
        match self.kind {
            Kind::Message => self.tell_text(at, delta, events),
            Kind::Reasoning => {
                let starts_part = !self.told.is_empty() && self.pieces[at].told.is_none();
                self.pieces[at].told.get_or_insert_default();
                if starts_part {
                    self.tell_thought(BETWEEN_THOUGHTS, events);
                }
                self.tell_thought(delta, events);
            }
            Kind::ToolCall | Kind::Other => {}
        }
    }

    /// Adds to the piece at that place, a new one if need be; where it stands.
    fn piece(&mut self, place: Place, delta: &str) -> usize {
        let Place { list, index, .. } = place;
        let found = self
            .pieces
            .iter()
            .position(|piece| (piece.list, piece.index) == (list, index));
        let at = found.unwrap_or_else(|| {
            let after = self
                .pieces
                .iter()
                .rposition(|piece| piece.list == list && piece.index < index);
            let at = after.map_or(0, |before| before + 1);
            let piece = Piece {
                list,
                index,
                value: json!({"type": place.kind, place.field: ""}),
                told: None,
            };
            self.pieces.insert(at, piece);
            at
        });
        append(&mut self.pieces[at].value, place.field, delta);
        at
    }

    /// A citation of a text.
    pub(super) fn annotation(&mut self, place: Place, annotation: Value) {
        let at = self.piece(place, "");
        match &mut self.pieces[at].value["annotations"] {
            Value::Array(annotations) => annotations.push(annotation),
            annotations => *annotations = json!([annotation]),
        }
    }

    fn tell_text(&mut self, at: usize, delta: &str, events: &mut VecDeque<StreamEvent>) {
        let text_id = format!("{}-{}", self.key, self.pieces[at].index);
        let told = &mut self.pieces[at].told;
        if told.is_none() {
            events.push_back(StreamEvent::TextStart {
                text_id: text_id.clone(),
            });
        }
        told.get_or_insert_default().push_str(delta);
        let delta = delta.to_owned();
        events.push_back(StreamEvent::TextDelta { text_id, delta });
    }

    fn begin_thought(&mut self, events: &mut VecDeque<StreamEvent>) {
        if !self.begun {
            self.begun = true;
            let reasoning_id = self.key.to_string();
            events.push_back(StreamEvent::ReasoningStart { reasoning_id });
        }
    }

    fn tell_thought(&mut self, delta: &str, events: &mut VecDeque<StreamEvent>) {
        self.begin_thought(events);
        self.told.push_str(delta);
        events.push_back(StreamEvent::ReasoningDelta {
            reasoning_id: self.key.to_string(),
            delta: delta.to_owned(),
        });
    }

    /// The item is complete, perhaps told of once more as a whole; a call's end is told of later.
    pub(super) fn close(
        &mut self,
        whole: Option<Value>,
        asked: &Asked,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let grown = self.raw();
        self.open = false;
        self.raw = match whole {
            Some(Value::Object(mut whole)) => {
                self.complete(&mut whole, &grown);
                Value::Object(whole)
            }
            _ => grown,
        };
        match self.kind {
            Kind::Message => self.close_texts(events),
            Kind::Reasoning => self.close_thought(asked, events),
            Kind::ToolCall => self.close_call(events),
            Kind::Other => {}
        }
    }

    /// What came in deltas counts where the whole item leaves it out.
    fn complete(&self, whole: &mut Map<String, Value>, grown: &Value) {
        let fields: &[&str] = match self.kind {
            Kind::Message => &["content", "role"],
            Kind::Reasoning => &["content", "summary"],
            Kind::ToolCall => &["name", self.arguments_key()],
            Kind::Other => &[],
        };
        for key in ["id", "type"].iter().chain(fields) {
            let given = match whole.get(*key) {
                None | Some(Value::Null) => false,
                Some(Value::String(text)) => !text.is_empty(),
                Some(Value::Array(list)) => !list.is_empty(),
                Some(_) => true,
            };
            if !given && !grown[*key].is_null() {
                whole.insert((*key).to_owned(), grown[*key].clone());
            }
        }
        if self.kind == Kind::ToolCall && self.begun {
            whole.insert("call_id".to_owned(), grown["call_id"].clone());
        }
    }

    fn close_texts(&mut self, events: &mut VecDeque<StreamEvent>) {
        let contents = self.raw["content"].as_array().cloned().unwrap_or_default();
        for (index, content) in (0_u64..).zip(&contents) {
            let place = match content["type"].as_str() {
                Some("refusal") => REFUSAL,
                Some("output_text" | "text") => TEXT,
                _ => continue,
            };
            let text = content[place.field].as_str().unwrap_or_default();
            let at = self.piece(Place { index, ..place }, "");
            let told = self.pieces[at].told.clone().unwrap_or_default();
            if let Some(more) = text.strip_prefix(told.as_str()).filter(|it| !it.is_empty()) {
                self.tell_text(at, more, events);
            }
            if self.pieces[at].told.is_some() {
                let text_id = format!("{}-{index}", self.key);
                let text = text.to_owned();
                events.push_back(StreamEvent::TextEnd { text_id, text });
            }
        }
    }

    fn close_thought(&mut self, asked: &Asked, events: &mut VecDeque<StreamEvent>) {
        let text = response::thoughts(&self.raw);
        if let Some(more) = text
            .strip_prefix(self.told.as_str())
            .filter(|it| !it.is_empty())
        {
            self.tell_thought(more, events);
        }
        self.begin_thought(events);
        let parts = response::parts(&self.raw, self.key, asked);
        events.extend(parts.into_iter().filter_map(|part| match part {
            ContentPart::Thinking(thinking) | ContentPart::RedactedThinking(thinking) => {
                Some(StreamEvent::ReasoningEnd {
                    reasoning_id: self.key.to_string(),
                    thinking,
                })
            }
            _ => None,
        }));
    }

    fn close_call(&mut self, events: &mut VecDeque<StreamEvent>) {
        let whole = match &self.raw[self.arguments_key()] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            // Some services send the arguments as an object.
            other => other.to_string(),
        };
        match whole.strip_prefix(self.told.as_str()) {
            Some(more) => self.arguments(more, events),
            None => self.told.clone_from(&whole),
        }
        self.begin_call(events);
        let key = self.arguments_key();
        self.raw[key] = whole.into();
    }

    fn arguments_key(&self) -> &'static str {
        if self.raw["type"] == "custom_tool_call" {
            "input"
        } else {
            "arguments"
        }
    }
}

/// A text of a message.
pub(super) const TEXT: Place = Place {
    list: "content",
    index: 0,
    kind: "output_text",
    field: "text",
};

/// A text that says why the model doesn't answer.
pub(super) const REFUSAL: Place = Place {
    kind: "refusal",
    field: "refusal",
    ..TEXT
};

/// The reasoning itself.
pub(super) const THOUGHT: Place = Place {
    kind: "reasoning_text",
    ..TEXT
};

/// A summary of the reasoning.
pub(super) const SUMMARY: Place = Place {
    list: "summary",
    kind: "summary_text",
    ..TEXT
};

fn append(value: &mut Value, field: &str, piece: &str) {
    match &mut value[field] {
        Value::String(text) => text.push_str(piece),
        other => *other = piece.into(),
    }
}

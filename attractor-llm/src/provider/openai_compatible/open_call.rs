//! One tool call while it arrives; pure.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::parts::{filled, id_of};
use crate::types::StreamEvent;

/// A call, put together from its pieces.
#[derive(Debug, Default)]
pub(super) struct OpenCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    /// Takes free text in place of arguments.
    is_custom: bool,
    /// Fields beside the known ones.
    beside: Map<String, Value>,
    started: bool,
}

/// The place of the call that a piece belongs to; `None` where it begins another.
///
/// Services number their calls, or don't, or give all of them one number; some repeat the id in
/// every piece, some change it in the middle.
pub(super) fn place_of(piece: &Value, calls: &[OpenCall]) -> Option<usize> {
    let (id, name) = (filled(&piece["id"]), name_of(piece));
    let is_another = |call: &OpenCall| {
        let other_id = id.is_some_and(|id| !call.id.is_empty() && call.id != id);
        other_id && name.is_some()
    };
    if let Some(index) = piece["index"].as_u64() {
        let found = calls.iter().rposition(|call| call.index == Some(index));
        return found.filter(|place| !is_another(&calls[*place]));
    }
    if let Some(id) = id {
        let found = calls.iter().rposition(|call| call.id == id);
        if found.is_some() || name.is_some() {
            return found;
        }
    }
    let last = calls.last()?;
    // Without number and id, a name begins a call unless it is that of the one that has just begun.
    let begins = name.is_some_and(|name| name != last.name || is_whole(&last.arguments));
    (!begins).then(|| calls.len() - 1)
}

fn is_whole(arguments: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
}

fn name_of(piece: &Value) -> Option<&str> {
    filled(&piece["function"]["name"]).or_else(|| filled(&piece["custom"]["name"]))
}

impl OpenCall {
    /// Takes a piece; tells of the call as soon as it has a name.
    pub(super) fn take(&mut self, piece: Value, place: usize, events: &mut VecDeque<StreamEvent>) {
        self.index = self.index.or(piece["index"].as_u64());
        if let Some(id) = filled(&piece["id"]).filter(|_| self.id.is_empty()) {
            id.clone_into(&mut self.id);
        }
        if let Some(name) = name_of(&piece).filter(|_| self.name.is_empty()) {
            name.clone_into(&mut self.name);
            self.is_custom = filled(&piece["function"]["name"]).is_none();
        }
        let added = match &piece["function"]["arguments"] {
            Value::String(text) => text.clone(),
            Value::Null => piece["custom"]["input"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            // An object is all of them; it may come again with the end.
            whole if self.arguments.is_empty() => whole.to_string(),
            _ => String::new(),
        };
        let known = ["id", "type", "function", "custom", "index"];
        if let Value::Object(fields) = piece {
            let fields = fields.into_iter();
            let beside = fields.filter(|(key, it)| !known.contains(&key.as_str()) && !it.is_null());
            self.beside.extend(beside);
        }
        if self.name.is_empty() {
            self.arguments.push_str(&added);
        } else {
            self.start(place, events);
            self.add(&added, events);
        }
    }

    /// Tells that the call begins, with what has come of its arguments; once.
    pub(super) fn start(&mut self, place: usize, events: &mut VecDeque<StreamEvent>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        if self.id.is_empty() {
            self.id = id_of(place);
        }
        events.push_back(StreamEvent::ToolCallStart {
            id: self.id.clone(),
            name: self.name.clone(),
        });
        let early = std::mem::take(&mut self.arguments);
        self.add(&early, events);
    }

    /// Adds to the arguments of a call that has begun.
    pub(super) fn add(&mut self, delta: &str, events: &mut VecDeque<StreamEvent>) {
        if delta.is_empty() {
            return;
        }
        self.arguments.push_str(delta);
        events.push_back(StreamEvent::ToolCallDelta {
            id: self.id.clone(),
            delta: delta.to_owned(),
        });
    }

    /// Whether it has begun and has this number.
    pub(super) fn is_open_at(&self, index: u64) -> bool {
        self.started && self.index == Some(index)
    }

    /// The call in the API's form.
    pub(super) fn raw(&self) -> Value {
        let mut raw = self.beside.clone();
        raw.insert("id".to_owned(), self.id.as_str().into());
        let (kind, body) = if self.is_custom {
            (
                "custom",
                json!({"name": self.name, "input": self.arguments}),
            )
        } else {
            (
                "function",
                json!({"name": self.name, "arguments": self.arguments}),
            )
        };
        raw.insert("type".to_owned(), kind.into());
        raw.insert(kind.to_owned(), body);
        raw.into()
    }
}

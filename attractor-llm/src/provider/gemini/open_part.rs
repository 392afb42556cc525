//! One part of a streamed reply, from its first piece to its last; pure.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::partial_args::PartialArgs;
use super::{kept, response};
use crate::provider::protocol::Asked;
use crate::types::{ContentPart, StreamEvent, ToolCall};

/// A part and what is known of how it goes on.
#[derive(Debug)]
pub(super) struct OpenPart {
    raw: Value,
    body: Body,
    is_open: bool,
    /// Whether a piece has said that it was the last.
    is_complete: bool,
}

#[derive(Debug)]
enum Body {
    Text { id: String },
    Thought { id: String },
    Call { id: String, args: PartialArgs },
    Other,
}

impl OpenPart {
    /// The part that begins with this piece; `None` for one that says nothing.
    pub(super) fn open(
        raw: Value,
        position: usize,
        call_id: String,
        events: &mut VecDeque<StreamEvent>,
    ) -> Option<Self> {
        if let Some(call) = raw.get("functionCall").filter(|call| call.is_object()) {
            return Self::call(call.clone(), raw, call_id, events);
        }
        if !is_text(&raw) {
            return raw
                .as_object()
                .is_some_and(|it| !it.is_empty())
                .then_some(Self {
                    raw,
                    body: Body::Other,
                    is_open: true,
                    is_complete: true,
                });
        }
        let is_signed = !is_plain(&raw);
        let text = text(&raw);
        if text.is_empty() && !is_signed {
            return None;
        }
        let (body, start) = if raw["thought"] == true {
            let id = format!("reasoning_{position}");
            let start = StreamEvent::ReasoningStart {
                reasoning_id: id.clone(),
            };
            (Body::Thought { id }, start)
        } else {
            let id = format!("text_{position}");
            let start = StreamEvent::TextStart {
                text_id: id.clone(),
            };
            (Body::Text { id }, start)
        };
        if !text.is_empty() {
            events.push_back(start);
            events.extend(body.delta(text));
        }
        Some(Self {
            raw,
            body,
            is_open: true,
            is_complete: is_signed,
        })
    }

    fn call(
        call: Value,
        mut raw: Value,
        call_id: String,
        events: &mut VecDeque<StreamEvent>,
    ) -> Option<Self> {
        let name = call["name"].as_str().filter(|name| !name.is_empty())?;
        let id = call["id"].as_str().filter(|id| !id.is_empty());
        let id = id.map_or(call_id, str::to_owned);
        events.push_back(StreamEvent::ToolCallStart {
            id: id.clone(),
            name: name.to_owned(),
        });
        let mut args = PartialArgs::new(&call["args"]);
        args.apply(&call);
        let is_complete = call["willContinue"] != true;
        if let Some(fields) = raw["functionCall"].as_object_mut() {
            fields.remove("willContinue");
            fields.remove("partialArgs");
        }
        Some(Self {
            raw,
            body: Body::Call { id, args },
            is_open: true,
            is_complete,
        })
    }

    /// Whether a piece goes on with this part.
    pub(super) fn continues(&self, piece: &Value) -> bool {
        match (&self.body, piece.get("functionCall")) {
            _ if !self.is_open => false,
            (Body::Call { .. }, Some(call)) => call["name"].as_str().is_none_or(str::is_empty),
            (Body::Text { .. }, None) => {
                is_text(piece) && is_plain(piece) && piece["thought"] != true
            }
            // What signs a thought ends it.
            (Body::Thought { .. }, None) => is_text(piece) && piece["thought"] == true,
            _ => false,
        }
    }

    pub(super) fn grow(&mut self, piece: &Value, events: &mut VecDeque<StreamEvent>) {
        if let Body::Call { args, .. } = &mut self.body {
            let call = &piece["functionCall"];
            args.apply(call);
            self.is_complete = call["willContinue"] != true;
            if let Some(signature) = kept::signature(piece) {
                self.raw[kept::SIGNATURE] = signature.into();
            }
            return;
        }
        let more = text(piece);
        if let Some(Value::String(have)) = self.raw.get_mut("text") {
            have.push_str(more);
        }
        if let (false, Value::Object(fields)) = (is_plain(piece), piece) {
            let beside = fields.iter().filter(|(key, _)| *key != "text");
            for (key, value) in beside {
                self.raw[key] = value.clone();
            }
            self.is_complete = true;
        }
        if !more.is_empty() {
            events.extend(self.body.delta(more));
        }
    }

    /// Ends the part. Of a call only the arguments are told here: it may yet turn out to be cut off.
    pub(super) fn close(&mut self, asked: &Asked, events: &mut VecDeque<StreamEvent>) {
        self.is_open = false;
        let text = text(&self.raw);
        match &self.body {
            Body::Text { id } if !text.is_empty() => events.push_back(StreamEvent::TextEnd {
                text_id: id.clone(),
                text: text.to_owned(),
            }),
            Body::Thought { id } if !text.is_empty() => {
                events.push_back(StreamEvent::ReasoningEnd {
                    reasoning_id: id.clone(),
                    thinking: response::thinking(&self.raw, text, asked),
                });
            }
            Body::Call { id, args } => {
                events.push_back(StreamEvent::ToolCallDelta {
                    id: id.clone(),
                    delta: args.args().to_string(),
                });
            }
            _ => {}
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self.body, Body::Call { .. })
    }

    pub(super) fn is_other(&self) -> bool {
        matches!(self.body, Body::Other)
    }

    /// Why the call must not be executed.
    pub(super) fn invalid(&self) -> Option<String> {
        match &self.body {
            Body::Call { args, .. } => args.broken().map(str::to_owned),
            _ => None,
        }
    }

    /// The part in the API's own form.
    pub(super) fn raw(&self) -> Value {
        let mut raw = self.raw.clone();
        if let Body::Call { args, .. } = &self.body {
            raw["functionCall"]["args"] = args.args().clone();
        }
        raw
    }

    /// The call, as far as it can be told before the reply has ended.
    pub(super) fn tool_call(&self, asked: &Asked) -> ToolCall {
        let Body::Call { id, .. } = &self.body else {
            return ToolCall::new("", "", json!({}));
        };
        let mut call = match response::part(&self.raw(), asked, id) {
            Some(ContentPart::ToolCall(data)) => ToolCall::from(&data),
            _ => ToolCall::new(id, "", json!({})),
        };
        call.invalid = call.invalid.or_else(|| self.invalid());
        call
    }
}

impl Body {
    fn delta(&self, delta: &str) -> Option<StreamEvent> {
        let delta = delta.to_owned();
        match self {
            Self::Text { id } => Some(StreamEvent::TextDelta {
                text_id: id.clone(),
                delta,
            }),
            Self::Thought { id } => Some(StreamEvent::ReasoningDelta {
                reasoning_id: id.clone(),
                delta,
            }),
            Self::Call { .. } | Self::Other => None,
        }
    }
}

fn text(raw: &Value) -> &str {
    raw["text"].as_str().unwrap_or_default()
}

/// Whether a part is text, or nothing but a signature.
fn is_text(raw: &Value) -> bool {
    let fields = raw.as_object();
    raw["text"].is_string()
        || fields.is_some_and(|fields| {
            let known =
                |key: &String| matches!(key.as_str(), "text" | "thought") || key == kept::SIGNATURE;
            !fields.is_empty() && fields.keys().all(known)
        })
}

/// Whether nothing but text came, which can be put together with what came before and after.
fn is_plain(raw: &Value) -> bool {
    let mut fields = raw.as_object().into_iter().flatten();
    fields.all(|(key, value)| {
        matches!(key.as_str(), "text" | "thought") || value.is_null() || *value == ""
    })
}

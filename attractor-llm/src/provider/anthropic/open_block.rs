//! One content block while its deltas arrive; pure.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::provider::json;
use crate::provider::protocol::Asked;
use crate::types::{ContentPart, StreamEvent, ToolCall};

/// What the unified events call a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
    ToolCall,
    Other,
}

/// A content block in the API's own form, growing.
#[derive(Debug)]
pub(super) struct OpenBlock {
    index: u64,
    kind: Kind,
    raw: Value,
    /// The pieces of its input's JSON.
    input: String,
    open: bool,
}

impl OpenBlock {
    pub(super) fn new(index: u64, raw: Value) -> Self {
        let raw = if raw.is_object() {
            raw
        } else {
            Value::Object(Map::new())
        };
        let kind = match raw["type"].as_str().unwrap_or_default() {
            "text" => Kind::Text,
            "thinking" | "redacted_thinking" => Kind::Reasoning,
            "tool_use" => Kind::ToolCall,
            _ => Kind::Other,
        };
        Self {
            index,
            kind,
            raw,
            input: String::new(),
            open: true,
        }
    }

    /// The block that a delta without a block belongs to, if the delta tells.
    pub(super) fn implied(index: u64, delta: &Value) -> Option<Self> {
        let raw = match delta["type"].as_str()? {
            "text_delta" => json!({"type": "text", "text": ""}),
            "thinking_delta" => json!({"type": "thinking", "thinking": ""}),
            _ => return None,
        };
        Some(Self::new(index, raw))
    }

    pub(super) fn index(&self) -> u64 {
        self.index
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn is_tool_call(&self) -> bool {
        self.kind == Kind::ToolCall
    }

    pub(super) fn raw(&self) -> &Value {
        &self.raw
    }

    /// The events of the block's beginning, with what it may hold already.
    pub(super) fn start(&self, asked: &Asked, events: &mut VecDeque<StreamEvent>) {
        let text = |key: &str| self.raw[key].as_str().unwrap_or_default().to_owned();
        let id = || self.index.to_string();
        match self.kind {
            Kind::Text => {
                events.push_back(StreamEvent::TextStart { text_id: id() });
                let delta = text("text");
                if !delta.is_empty() {
                    events.push_back(StreamEvent::TextDelta {
                        text_id: id(),
                        delta,
                    });
                }
            }
            Kind::Reasoning => {
                events.push_back(StreamEvent::ReasoningStart { reasoning_id: id() });
                let delta = text("thinking");
                if !delta.is_empty() {
                    events.push_back(StreamEvent::ReasoningDelta {
                        reasoning_id: id(),
                        delta,
                    });
                }
            }
            Kind::ToolCall => {
                let (id, name) = (text("id"), text("name"));
                events.push_back(StreamEvent::ToolCallStart { id, name });
            }
            Kind::Other => {
                let (index, block) = (self.index, &self.raw);
                let raw = json!({
                    "type": "content_block_start", "index": index, "content_block": block,
                });
                let provider = asked.provider.clone();
                events.push_back(StreamEvent::ProviderEvent { provider, raw });
            }
        }
    }

    /// Takes a `content_block_delta`.
    pub(super) fn delta(
        &mut self,
        event: Value,
        asked: &Asked,
        events: &mut VecDeque<StreamEvent>,
    ) {
        let delta = &event["delta"];
        let piece = |key: &str| delta[key].as_str().unwrap_or_default().to_owned();
        let id = || self.index.to_string();
        match (self.kind, delta["type"].as_str().unwrap_or_default()) {
            (Kind::Text, "text_delta") => {
                let delta = piece("text");
                events.push_back(StreamEvent::TextDelta {
                    text_id: id(),
                    delta: delta.clone(),
                });
                append(&mut self.raw, "text", &delta);
            }
            (Kind::Reasoning, "thinking_delta") => {
                let delta = piece("thinking");
                events.push_back(StreamEvent::ReasoningDelta {
                    reasoning_id: id(),
                    delta: delta.clone(),
                });
                append(&mut self.raw, "thinking", &delta);
            }
            (Kind::Reasoning, "signature_delta") => {
                self.raw["signature"] = piece("signature").into();
            }
            (Kind::ToolCall, "input_json_delta") => {
                let delta = piece("partial_json");
                self.input.push_str(&delta);
                let id = self.raw["id"].as_str().unwrap_or_default().to_owned();
                events.push_back(StreamEvent::ToolCallDelta { id, delta });
            }
            _ => {
                self.unknown_delta(delta.clone());
                events.push_back(StreamEvent::ProviderEvent {
                    provider: asked.provider.clone(),
                    raw: event,
                });
            }
        }
    }

    /// What a delta of no unified meaning does to the block in the API's own form.
    fn unknown_delta(&mut self, delta: Value) {
        let Value::Object(delta) = delta else { return };
        let kind = delta
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        for (key, value) in delta {
            match (kind.as_str(), key.as_str(), value) {
                (_, "type", _) => {}
                (_, "partial_json", Value::String(piece)) => self.input.push_str(&piece),
                ("citations_delta", "citation", citation) => match &mut self.raw["citations"] {
                    Value::Array(citations) => citations.push(citation),
                    citations => *citations = json!([citation]),
                },
                (_, key, Value::String(piece)) => append(&mut self.raw, key, &piece),
                (_, key, value) => self.raw[key] = value,
            }
        }
    }

    /// No more deltas come: the pieces of its input become one value.
    pub(super) fn close(&mut self) {
        self.open = false;
        if self.kind != Kind::ToolCall
            && !self.input.is_empty()
            && let Ok(input) = json::parse(&self.input)
        {
            self.raw["input"] = input;
        } else if let Some(call) = self.tool_call() {
            self.raw["input"] = call.arguments;
        }
    }

    /// The tool call as far as it has come.
    pub(super) fn tool_call(&self) -> Option<ToolCall> {
        if self.kind != Kind::ToolCall {
            return None;
        }
        let text = |key: &str| self.raw[key].as_str().unwrap_or_default();
        let given = self.raw["input"]
            .as_object()
            .filter(|input| !input.is_empty());
        Some(match given {
            // The start brought the whole input, or the pieces were put together already.
            Some(input) if self.input.is_empty() => {
                ToolCall::new(text("id"), text("name"), Value::Object(input.clone()))
            }
            _ => ToolCall::parse(text("id"), text("name"), self.input.as_str()),
        })
    }

    /// The events of the block's end; a tool call's is told of later.
    pub(super) fn end(&self, part: ContentPart, events: &mut VecDeque<StreamEvent>) {
        let id = self.index.to_string();
        events.extend(match part {
            ContentPart::Text(data) => Some(StreamEvent::TextEnd {
                text_id: id,
                text: data.text,
            }),
            ContentPart::Thinking(thinking) | ContentPart::RedactedThinking(thinking) => {
                Some(StreamEvent::ReasoningEnd {
                    reasoning_id: id,
                    thinking,
                })
            }
            // A block of no unified meaning was passed on delta by delta.
            _ => None,
        });
    }
}

fn append(raw: &mut Value, key: &str, piece: &str) {
    match &mut raw[key] {
        Value::String(text) => text.push_str(piece),
        other => *other = piece.into(),
    }
}

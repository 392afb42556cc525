//! One content block while its deltas arrive; pure.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

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
    /// The block that a `contentBlockStart` begins.
    pub(super) fn started(index: u64, start: Value) -> Self {
        let kind = match start.get("toolUse") {
            Some(Value::Object(_)) => Kind::ToolCall,
            _ => Kind::Other,
        };
        let raw = if start.is_object() {
            start
        } else {
            Value::Object(Map::new())
        };
        Self::new(index, kind, raw)
    }

    /// The block that a delta without a start belongs to: only calls are announced.
    pub(super) fn implied(index: u64, delta: &Value) -> Option<Self> {
        let (kind, raw) = if delta.get("text").is_some() || delta.get("citation").is_some() {
            (Kind::Text, json!({"text": ""}))
        } else if delta.get("reasoningContent").is_some() {
            (Kind::Reasoning, json!({"reasoningContent": {}}))
        } else {
            return None;
        };
        Some(Self::new(index, kind, raw))
    }

    fn new(index: u64, kind: Kind, raw: Value) -> Self {
        Self {
            index,
            kind,
            raw,
            input: String::new(),
            open: true,
        }
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

    /// The events of the block's beginning.
    pub(super) fn start(&self, asked: &Asked, events: &mut VecDeque<StreamEvent>) {
        let id = self.index.to_string();
        events.push_back(match self.kind {
            Kind::Text => StreamEvent::TextStart { text_id: id },
            Kind::Reasoning => StreamEvent::ReasoningStart { reasoning_id: id },
            Kind::ToolCall => {
                let ToolCall { id, name, .. } = self.call();
                StreamEvent::ToolCallStart { id, name }
            }
            Kind::Other => StreamEvent::ProviderEvent {
                provider: asked.provider.clone(),
                raw: json!({
                    "contentBlockStart": {"contentBlockIndex": self.index, "start": self.raw},
                }),
            },
        });
    }

    /// Takes the `delta` of a `contentBlockDelta`.
    pub(super) fn delta(
        &mut self,
        delta: &Value,
        asked: &Asked,
        events: &mut VecDeque<StreamEvent>,
    ) {
        match (self.kind, delta) {
            (Kind::Text, delta) if delta["text"].is_string() => {
                let delta = text(&delta["text"]);
                append(self.text_place(), &delta);
                let text_id = self.index.to_string();
                events.push_back(StreamEvent::TextDelta { text_id, delta });
            }
            (Kind::Text, delta) if delta.get("citation").is_some() => {
                self.cite(delta["citation"].clone());
                self.pass_on(delta, asked, events);
            }
            (Kind::Reasoning, delta) if delta["reasoningContent"].is_object() => {
                self.reasoning(&delta["reasoningContent"], events);
            }
            (Kind::ToolCall, delta) if delta["toolUse"]["input"].is_string() => {
                let delta = text(&delta["toolUse"]["input"]);
                self.input.push_str(&delta);
                let id = text(&self.raw["toolUse"]["toolUseId"]);
                events.push_back(StreamEvent::ToolCallDelta { id, delta });
            }
            _ => self.pass_on(delta, asked, events),
        }
    }

    fn reasoning(&mut self, piece: &Value, events: &mut VecDeque<StreamEvent>) {
        let content = &mut self.raw["reasoningContent"];
        if let Some(delta) = piece["text"].as_str() {
            append(&mut content["reasoningText"]["text"], delta);
            events.push_back(StreamEvent::ReasoningDelta {
                reasoning_id: self.index.to_string(),
                delta: delta.to_owned(),
            });
        }
        if let Some(signature) = piece["signature"].as_str() {
            append(&mut content["reasoningText"]["signature"], signature);
        }
        if let Some(payload) = piece["redactedContent"].as_str() {
            append(&mut content["redactedContent"], payload);
        }
    }

    /// The text, which moves when the first citation comes.
    fn text_place(&mut self) -> &mut Value {
        if self.raw.get("citationsContent").is_some() {
            &mut self.raw["citationsContent"]["content"][0]["text"]
        } else {
            &mut self.raw["text"]
        }
    }

    fn cite(&mut self, citation: Value) {
        if self.raw.get("citationsContent").is_none() {
            let text = self.raw["text"].take();
            let content = json!([{"text": text}]);
            self.raw = json!({"citationsContent": {"content": content, "citations": []}});
        }
        if let Some(citations) = self.raw["citationsContent"]["citations"].as_array_mut() {
            citations.push(citation);
        }
    }

    fn pass_on(&self, delta: &Value, asked: &Asked, events: &mut VecDeque<StreamEvent>) {
        events.push_back(StreamEvent::ProviderEvent {
            provider: asked.provider.clone(),
            raw: json!({
                "contentBlockDelta": {"contentBlockIndex": self.index, "delta": delta},
            }),
        });
    }

    /// No more deltas come: the pieces of its input become one value.
    pub(super) fn close(&mut self) {
        self.open = false;
        if self.kind == Kind::ToolCall {
            self.raw["toolUse"]["input"] = self.call().arguments;
        }
    }

    /// The tool call as far as it has come.
    pub(super) fn tool_call(&self) -> Option<ToolCall> {
        (self.kind == Kind::ToolCall).then(|| self.call())
    }

    fn call(&self) -> ToolCall {
        let call = &self.raw["toolUse"];
        let given = call["input"].as_object().filter(|it| !it.is_empty());
        match given {
            // The start brought the whole input.
            Some(input) if self.input.is_empty() => {
                let input = Value::Object(input.clone());
                ToolCall::new(text(&call["toolUseId"]), text(&call["name"]), input)
            }
            _ => ToolCall::parse(
                text(&call["toolUseId"]),
                text(&call["name"]),
                self.input.as_str(),
            ),
        }
    }

    /// The events of the block's end; a tool call's is told of later.
    pub(super) fn end(&self, part: ContentPart, events: &mut VecDeque<StreamEvent>) {
        let id = self.index.to_string();
        events.extend(match (self.kind, part) {
            (Kind::Text, ContentPart::Text(data)) => Some(StreamEvent::TextEnd {
                text_id: id,
                text: data.text,
            }),
            (
                Kind::Reasoning,
                ContentPart::Thinking(thinking) | ContentPart::RedactedThinking(thinking),
            ) => Some(StreamEvent::ReasoningEnd {
                reasoning_id: id,
                thinking,
            }),
            _ => None,
        });
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn append(value: &mut Value, piece: &str) {
    match value {
        Value::String(text) => text.push_str(piece),
        other => *other = piece.into(),
    }
}

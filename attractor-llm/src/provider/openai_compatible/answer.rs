//! What the model said -> one message of the API; pure.

use serde_json::{Map, Value, json};

use super::compat::{Compat, ReasoningReplay};
use super::kept::{self, Kept};
use crate::provider::tool_arguments;
use crate::types::{ContentPart, Message, ThinkingData, ToolCallData, Warning};

/// The field for reasoning whose own isn't known.
const REASONING: &str = "reasoning_content";

/// The message; `None` for one that says and does nothing.
pub(super) fn answer(
    message: &Message,
    provider: &str,
    compat: &Compat,
    warnings: &mut Vec<Warning>,
) -> Option<Value> {
    let mut answer = Answer {
        provider,
        replay: compat.reasoning_replay,
        content: Vec::new(),
        fields: Map::new(),
        calls: Vec::new(),
    };
    for part in &message.content {
        match part {
            ContentPart::Text(data) => answer.text(&data.text),
            ContentPart::ToolCall(data) => answer.calls.push(call(data, provider)),
            ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => {
                answer.reasoning(data);
            }
            ContentPart::Other(data) if data.provider == provider => {
                answer.content.push(data.raw.clone());
            }
            ContentPart::Audio(data) if kept::of(&data.provider_metadata, provider).is_some() => {
                answer.spoken(kept::of(&data.provider_metadata, provider));
            }
            ContentPart::Image(_) | ContentPart::Audio(_) | ContentPart::Document(_) => {
                let text = format!("an answer's {} can't be sent back", part.kind());
                warnings.push(Warning::new("media_dropped", text));
            }
            _ => {}
        }
    }
    answer.build(compat)
}

/// A message while it is being put together.
struct Answer<'a> {
    provider: &'a str,
    replay: ReasoningReplay,
    /// Parts of the content.
    content: Vec<Value>,
    /// What stands beside the content.
    fields: Map<String, Value>,
    calls: Vec<Value>,
}

impl Answer<'_> {
    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.content.push(json!({"type": "text", "text": text}));
        }
    }

    fn spoken(&mut self, kept: Option<Kept<'_>>) {
        if let Some(id) = kept.and_then(|kept| kept.text("audio")) {
            self.fields.insert("audio".to_owned(), json!({"id": id}));
        }
    }

    fn reasoning(&mut self, data: &ThinkingData) {
        let kept = kept::of(&data.provider_metadata, self.provider);
        match self.replay {
            ReasoningReplay::Drop => {}
            ReasoningReplay::ReasoningContent => self.append(REASONING, &data.text),
            ReasoningReplay::Reasoning => self.append("reasoning", &data.text),
            ReasoningReplay::Text => self.text(&data.text),
            ReasoningReplay::Chunks => self.chunk(data, kept),
            ReasoningReplay::AsReceived => self.as_received(data, kept),
        }
    }

    fn as_received(&mut self, data: &ThinkingData, kept: Option<Kept<'_>>) {
        if kept.is_some_and(|kept| kept.value("chunk").is_some()) {
            self.chunk(data, kept);
        } else if let Some(details) = kept.and_then(|kept| kept.list("details")) {
            // Who takes no details may take the text.
            self.details(details.iter().cloned());
            if let Some(field) = kept.and_then(|kept| kept.text("field")) {
                self.append(field, &data.text);
            }
        } else if let Some(signature) = &data.signature {
            self.details([if data.redacted {
                json!({"type": "reasoning.encrypted", "data": signature})
            } else {
                json!({"type": "reasoning.text", "text": data.text, "signature": signature})
            }]);
        } else {
            let field = kept.and_then(|kept| kept.text("field"));
            self.append(field.unwrap_or(REASONING), &data.text);
        }
    }

    fn chunk(&mut self, data: &ThinkingData, kept: Option<Kept<'_>>) {
        let chunk = kept.and_then(|kept| kept.value("chunk")).cloned();
        let made = || {
            let thought = json!([{"type": "text", "text": data.text}]);
            (!data.text.is_empty()).then(|| json!({"type": "thinking", "thinking": thought}))
        };
        self.content.extend(chunk.or_else(made));
    }

    fn details(&mut self, details: impl IntoIterator<Item = Value>) {
        let list = self.fields.entry("reasoning_details");
        if let Value::Array(list) = list.or_insert_with(|| json!([])) {
            list.extend(details);
        }
    }

    fn append(&mut self, field: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let have = self.fields.get(field).and_then(Value::as_str);
        let all = format!("{}{text}", have.unwrap_or_default());
        self.fields.insert(field.to_owned(), all.into());
    }

    fn build(mut self, compat: &Compat) -> Option<Value> {
        if self.content.is_empty() && self.calls.is_empty() && !self.fields.contains_key("audio") {
            return None;
        }
        if compat.reasoning_with_calls && !self.calls.is_empty() {
            self.fields.entry(REASONING).or_insert_with(|| "".into());
        }
        let texts: Option<String> = self.content.iter().map(text_of).collect();
        let content = match texts {
            // A plain text is what every service takes.
            Some(text) if text.is_empty() => Value::Null,
            Some(text) => text.into(),
            None => self.content.into(),
        };
        self.fields.insert("role".to_owned(), "assistant".into());
        self.fields.insert("content".to_owned(), content);
        if !self.calls.is_empty() {
            self.fields
                .insert("tool_calls".to_owned(), self.calls.into());
        }
        Some(self.fields.into())
    }
}

/// The text of a part that is nothing else.
fn text_of(part: &Value) -> Option<&str> {
    let is_text = part["type"] == "text" && part.as_object().is_some_and(|it| it.len() == 2);
    part["text"].as_str().filter(|_| is_text)
}

fn call(data: &ToolCallData, provider: &str) -> Value {
    let mut call = if data.call_type == "custom" {
        let input = match &data.arguments {
            Value::String(input) => input.clone(),
            other => other.to_string(),
        };
        json!({"id": data.id, "type": "custom", "custom": {"name": data.name, "input": input}})
    } else {
        let function = json!({"name": data.name, "arguments": tool_arguments::text(data)});
        json!({"id": data.id, "type": "function", "function": function})
    };
    let beside = kept::of(&data.provider_metadata, provider).and_then(|kept| kept.fields("call"));
    for (key, value) in beside.into_iter().flatten() {
        call[key] = value.clone();
    }
    call
}

//! The content of a message while it arrives: a text, or a list of chunks; pure.

use serde_json::{Value, json};

use super::parts::{filled, thought};
use super::segment::Kind;

/// A content, put together from its pieces.
#[derive(Debug, Default)]
pub(super) struct OpenContent {
    chunks: Vec<Chunk>,
    /// It came as a list.
    is_list: bool,
}

#[derive(Debug)]
enum Chunk {
    Text(String),
    /// The text of a chunk of thinking, and the rest of it.
    Thinking(String, Value),
    Other(Value),
}

impl OpenContent {
    pub(super) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.chunks.last_mut() {
            Some(Chunk::Text(all)) => all.push_str(text),
            _ => self.chunks.push(Chunk::Text(text.to_owned())),
        }
    }

    /// Takes a chunk; returns what of it can be read.
    pub(super) fn chunk(&mut self, chunk: Value) -> Option<(Kind, String)> {
        self.is_list = true;
        let text = filled(&chunk["text"])
            .or_else(|| filled(&chunk))
            .map(str::to_owned);
        match chunk["type"].as_str() {
            Some("thinking") => Some((Kind::Reasoning(None), self.thinking(chunk))),
            Some("text" | "output_text") | None => {
                let text = text?;
                self.text(&text);
                Some((Kind::Text, text))
            }
            Some(_) => {
                self.chunks.push(Chunk::Other(chunk));
                None
            }
        }
    }

    fn thinking(&mut self, chunk: Value) -> String {
        let text = thought(&chunk);
        match self.chunks.last_mut() {
            Some(Chunk::Thinking(all, rest)) => {
                all.push_str(&text);
                if let (Value::Object(rest), Value::Object(chunk)) = (rest, chunk) {
                    rest.extend(chunk);
                }
            }
            _ => self.chunks.push(Chunk::Thinking(text.clone(), chunk)),
        }
        text
    }

    /// The content in the API's form.
    pub(super) fn raw(&self) -> Value {
        match self.chunks.as_slice() {
            [] => Value::Null,
            [Chunk::Text(text)] if !self.is_list => text.as_str().into(),
            chunks => chunks.iter().map(Chunk::raw).collect(),
        }
    }
}

impl Chunk {
    fn raw(&self) -> Value {
        match self {
            Self::Text(text) => json!({"type": "text", "text": text}),
            Self::Thinking(text, rest) => {
                let mut chunk = rest.clone();
                chunk["thinking"] = json!([{"type": "text", "text": text}]);
                chunk
            }
            Self::Other(chunk) => chunk.clone(),
        }
    }
}

//! A reply as it is put together from the pieces of a stream; pure.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

/// Fields that tell a reply from anything else.
const TELLING: &[&str] = &[
    "candidates",
    "modelVersion",
    "promptFeedback",
    "responseId",
    "usageMetadata",
];

/// Fields that are merged one by one, because a piece may hold some of theirs only.
const MERGED: &[&str] = &["groundingMetadata", "usageMetadata"];

/// Whether a body, or a piece of one, is a reply.
pub(super) fn is_reply(body: &Value) -> bool {
    TELLING.iter().any(|key| body.get(key).is_some())
}

/// The candidate that is the answer: the first.
pub(super) fn chosen(body: &Value) -> Option<&Value> {
    let mut candidates = body.get("candidates")?.as_array()?.iter();
    candidates.find(|it| it["index"].as_u64().unwrap_or(0) == 0)
}

/// The ids of the tool calls of one reply that don't have their own: the same however often the
/// reply is translated, and different from those of any other reply.
#[derive(Clone, Debug)]
pub(super) struct CallIds(String);

impl CallIds {
    pub(super) fn of(body: &Value) -> Self {
        match body["responseId"].as_str().filter(|id| !id.is_empty()) {
            Some(id) => Self(id.to_owned()),
            None => Self::fresh(),
        }
    }

    /// For a server that doesn't number its replies.
    fn fresh() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{:016x}_{count}", *PROCESS))
    }

    /// The id of the call with this number.
    pub(super) fn id(&self, call: usize) -> String {
        format!("call_{}_{call}", self.0)
    }
}

/// A reply without its parts.
#[derive(Debug, Default)]
pub(super) struct Frame {
    reply: Map<String, Value>,
    candidate: Map<String, Value>,
}

impl Frame {
    /// Takes a piece in; gives its parts.
    pub(super) fn absorb(&mut self, piece: Value) -> Vec<Value> {
        let Value::Object(mut piece) = piece else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        if let Some(Value::Array(candidates)) = piece.remove("candidates") {
            let first = |it: &Value| it["index"].as_u64().unwrap_or(0) == 0;
            if let Some(Value::Object(mut candidate)) = candidates.into_iter().find(first) {
                if let Some(mut content) = candidate.remove("content")
                    && let Value::Array(given) = content["parts"].take()
                {
                    parts = given;
                }
                absorb(&mut self.candidate, candidate);
            }
        }
        absorb(&mut self.reply, piece);
        parts
    }

    /// The reply with these parts.
    pub(super) fn with(&self, parts: Vec<Value>) -> Value {
        let mut reply = self.reply.clone();
        let mut candidate = self.candidate.clone();
        candidate.insert(
            "content".to_owned(),
            json!({"role": "model", "parts": parts}),
        );
        reply.insert("candidates".to_owned(), json!([candidate]));
        Value::Object(reply)
    }
}

/// What says something replaces what came before.
fn absorb(have: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (have.get_mut(&key), value) {
            (Some(_), Value::Null) => {}
            // A record with a total is whole: what it leaves out is none.
            (Some(have), Value::Object(more)) if more.contains_key("totalTokenCount") => {
                *have = Value::Object(more);
            }
            (Some(Value::Object(have)), Value::Object(more)) if MERGED.contains(&key.as_str()) => {
                have.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
            }
            (Some(Value::Object(have)), Value::Object(more))
                if more.is_empty() && !have.is_empty() => {}
            (_, value) => {
                have.insert(key, value);
            }
        }
    }
}

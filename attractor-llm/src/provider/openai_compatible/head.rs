//! What a stream tells of its completion beside the choices; pure.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::chunk::{Plain, Told};

/// Fields of which the first value stays; of others the last one counts.
pub(super) const STEADY: [&str; 7] = [
    "id",
    "object",
    "created",
    "model",
    "provider",
    "service_tier",
    "system_fingerprint",
];

/// Fields that carry nothing but noise against guesses by length.
const PADDING: &[&str] = &["obfuscation", "p", "padding"];

/// What a field has beside its name and its value: two quotes, a colon and a comma.
const PUNCTUATION: usize = 4;

/// A completion without its choices.
///
/// Many streams may be open for long, and the text of what they tell takes a fifth of its values.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The steady fields as JSON, each with a comma behind it.
    steady: String,
    /// Which of them have been told, a bit for each.
    told: u8,
    others: Map<String, Value>,
}

impl Head {
    /// Takes the fields of any chunk; nulls and empty ones say nothing.
    pub(super) fn take(&mut self, fields: Map<String, Value>) {
        for (key, value) in fields {
            let says_nothing = match &value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                _ => false,
            };
            if says_nothing || PADDING.contains(&key.as_str()) {
                continue;
            }
            match STEADY.iter().position(|field| *field == key) {
                Some(at) => self.tell(at, &value.to_string()),
                None => {
                    self.others.insert(key, value);
                }
            }
        }
    }

    /// Takes those of a plain chunk.
    pub(super) fn take_plain(&mut self, plain: &Plain<'_, Told<'_>>) {
        let told = plain.steady().into_iter().enumerate();
        let told = told.filter_map(|(at, value)| Some((at, value?.0.get())));
        let told = told.filter(|(_, json)| !matches!(*json, "null" | "\"\"" | "{}"));
        // What comes later is told in no first chunk.
        let length = |(at, json): (usize, &str)| STEADY[at].len() + json.len() + PUNCTUATION;
        self.steady.reserve_exact(told.clone().map(length).sum());
        for (at, json) in told {
            self.tell(at, json);
        }
    }

    fn tell(&mut self, at: usize, json: &str) {
        if self.told & (1 << at) != 0 {
            return;
        }
        self.told |= 1 << at;
        // What is put together is told whole.
        let json = match json {
            "\"chat.completion.chunk\"" => "\"chat.completion\"",
            json => json,
        };
        for piece in ["\"", STEADY[at], "\":", json, ","] {
            self.steady.push_str(piece);
        }
    }

    /// Whether all that a plain chunk tells has been told.
    pub(super) fn has_all_of<T>(&self, plain: &Plain<'_, T>) -> bool {
        let fields = plain.steady().into_iter().enumerate();
        fields.fold(true, |all, (at, value)| {
            all && (value.is_none() || self.told & (1 << at) != 0)
        })
    }

    pub(super) fn has_usage(&self) -> bool {
        self.others.contains_key("usage")
    }

    /// All of it in the API's form, as JSON: fields, each with a comma behind it.
    pub(super) fn write(&self, json: &mut String) {
        json.push_str(&self.steady);
        for (key, value) in &self.others {
            let _ = write!(json, "{}:{value},", Value::from(key.as_str()));
        }
    }
}

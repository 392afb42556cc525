//! What a run says, without its secrets.

use std::fmt;

use serde_json::Value;

use super::limits::{SECRET_BYTES, SECRET_LINE_BYTES};

/// What stands in a secret's place.
const PLACE: &str = "[secret]";

/// Replaces the values of a run's secrets, wherever they occur in a text.
#[derive(Clone, Default)]
pub(crate) struct Scrub(Vec<String>);

impl fmt::Debug for Scrub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scrub({} secrets)", self.0.len())
    }
}

impl Scrub {
    /// Looks for these, and for each long line of those that have several.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Vec::new();
        for secret in secrets {
            let secret = secret.trim();
            if secret.len() >= SECRET_BYTES {
                all.push(secret.to_owned());
            }
            let lines = secret.lines().map(str::trim);
            let lines = lines.filter(|line| line.len() >= SECRET_LINE_BYTES && *line != secret);
            all.extend(lines.map(str::to_owned));
        }
        // One that is a part of another mustn't leave the rest of it behind.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        Self(all)
    }

    /// The text without secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in &self.0 {
            if clean.contains(secret.as_str()) {
                clean = clean.replace(secret.as_str(), PLACE);
            }
        }
        clean
    }

    /// How many bytes at the text's end may be the beginning of a secret whose rest is to come.
    pub(crate) fn begun(&self, text: &str) -> usize {
        let begun = |secret: &String| {
            let ends = secret.char_indices().map(|(end, _)| end).rev();
            let mut ends = ends.filter(|end| *end <= text.len());
            ends.find(|end| secret.get(..*end).is_some_and(|it| text.ends_with(it)))
        };
        self.0.iter().filter_map(begun).max().unwrap_or(0)
    }

    /// The value with all its texts and keys without secrets.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| (self.text(&key), self.value(value)))
                .collect(),
            other => other,
        }
    }

    /// The bytes without secrets; what isn't text stays as it is.
    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(bytes) {
            Ok(text) => self.text(&text).into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_occur() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nx\n-----END KEY-----";
        let scrub = Scrub::new(["sk-1234", "sk-123456789", "ab", key]);
        let said =
            json!({"a": ["x sk-123456789 y", 1], "sk-1234": "ab", "k": "MIIEvQIBADANBgkqhkiG9w0"});
        let clean = json!({"a": ["x [secret] y", 1], "[secret]": "ab", "k": "[secret]"});
        assert_eq!(scrub.value(said), clean);
        assert_eq!(scrub.text(key), "[secret]");
        assert_eq!(scrub.bytes(vec![0xff, 0]), [0xff, 0]);
        assert!(!format!("{scrub:?}").contains("sk-"));
        assert_eq!(scrub.begun("x sk-12345"), 8);
        assert_eq!(scrub.begun("x sk"), 2);
        assert_eq!(scrub.begun("x"), 0);
    }
}

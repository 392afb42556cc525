//! JSON that arrives in pieces, as a value that grows; pure.

use serde_json::{Map, Value};

use crate::limits::MAX_PARTIAL_JSON_DEPTH;

/// A JSON object or array that grows with each piece of its text.
///
/// The cost is linear in the text: nothing is read twice and nothing copied. Strings grow as they
/// come, numbers and words appear once they are complete. What comes before the first bracket, the
/// fence of a code block for instance, and after the last is skipped. From a mistake on the value
/// doesn't change any more; whoever needs to know parses the whole text in the end.
///
/// ```
/// use attractor_llm::PartialJson;
/// use serde_json::json;
///
/// let mut partial = PartialJson::new();
/// partial.push(r#"{"name": "Ali"#);
/// assert_eq!(partial.value(), &json!({"name": "Ali"}));
/// partial.push(r#"ce", "age": 3"#);
/// partial.push("0}");
/// assert_eq!(partial.value(), &json!({"name": "Alice", "age": 30}));
/// assert!(partial.is_complete());
/// ```
///
/// Source: unified-llm-spec 4.6.
#[derive(Clone, Debug, Default)]
pub struct PartialJson {
    root: Value,
    /// What is open, outermost first.
    open: Vec<Open>,
    state: State,
    /// The latest key of the innermost object, or a number or word that isn't complete.
    buffer: String,
    escape: Escape,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    changed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Before,
    Value,
    Key,
    InKey,
    Colon,
    InText,
    InScalar,
    After,
    Complete,
    Broken,
}

#[derive(Clone, Copy, Debug, Default)]
enum Escape {
    #[default]
    None,
    Begun,
    Unicode {
        unit: u16,
        digits: u8,
    },
}

/// A value that isn't closed and where it is in the one around it.
#[derive(Clone, Debug)]
struct Open {
    /// `None` in an array, where it is the last, and for the root.
    key: Option<String>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    Text,
}

impl PartialJson {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value so far; null until its first bracket.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.root
    }

    /// Whether the last bracket was closed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Whether it isn't JSON and doesn't grow any more.
    pub(super) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Takes the next piece of the text; whether the value changed.
    pub fn push(&mut self, delta: &str) -> bool {
        self.changed = false;
        let mut rest = delta;
        while let Some(char) = rest.chars().next() {
            rest = match self.state {
                State::Complete | State::Broken => break,
                State::InKey | State::InText => self.in_quotes(rest),
                _ => {
                    self.structure(char);
                    &rest[char.len_utf8()..]
                }
            };
        }
        self.changed
    }

    /// Takes text up to the next quote or backslash, or one character of an escape.
    fn in_quotes<'a>(&mut self, text: &'a str) -> &'a str {
        if !matches!(self.escape, Escape::None) {
            let length = text.chars().next().map_or(0, char::len_utf8);
            self.escaped(&text[..length]);
            return &text[length..];
        }
        let end = text.find(['"', '\\']).unwrap_or(text.len());
        if end > 0 {
            self.append(&text[..end]);
        }
        match text.as_bytes().get(end) {
            Some(b'\\') => self.escape = Escape::Begun,
            Some(_) => self.end_quotes(),
            None => return "",
        }
        &text[end + 1..]
    }

    fn end_quotes(&mut self) {
        self.append("");
        self.state = if self.state == State::InKey {
            State::Colon
        } else {
            self.open.pop();
            State::After
        };
    }

    /// Takes one character of an escape.
    fn escaped(&mut self, char: &str) {
        if let Escape::Unicode { unit, digits } = self.escape {
            let Ok(digit) = u16::from_str_radix(char, 16) else {
                return self.state = State::Broken;
            };
            let unit = unit << 4 | digit;
            self.escape = Escape::Unicode {
                unit,
                digits: digits + 1,
            };
            if digits == 3 {
                self.escape = Escape::None;
                self.unit(unit);
            }
            return;
        }
        self.escape = Escape::None;
        match char {
            "u" => self.escape = Escape::Unicode { unit: 0, digits: 0 },
            "n" => self.append("\n"),
            "t" => self.append("\t"),
            "r" => self.append("\r"),
            "b" => self.append("\u{8}"),
            "f" => self.append("\u{c}"),
            "\"" | "\\" | "/" => self.append(char),
            _ => self.state = State::Broken,
        }
    }

    /// Takes a code unit; half of a pair alone becomes the replacement character.
    fn unit(&mut self, unit: u16) {
        let high = self.high.take();
        let units = high.into_iter().chain([unit]);
        if high.is_none() && (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let text: String = char::decode_utf16(units)
            .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.append(&text);
    }

    /// Appends to the open string or key.
    fn append(&mut self, text: &str) {
        let lone = self.high.take().map(|_| '\u{fffd}');
        if self.state == State::InKey {
            self.buffer.extend(lone);
            self.buffer.push_str(text);
            return;
        }
        let Some(Value::String(open)) = self.innermost() else {
            return self.state = State::Broken;
        };
        open.extend(lone);
        open.push_str(text);
        self.changed = true;
    }

    /// Takes a character outside of strings.
    fn structure(&mut self, char: char) {
        if self.state == State::InScalar {
            if !matches!(char, ',' | '}' | ']') && !char.is_ascii_whitespace() {
                return self.buffer.push(char);
            }
            self.end_scalar();
        }
        let in_object = self
            .open
            .last()
            .is_some_and(|open| open.kind == Kind::Object);
        match (self.state, char) {
            (State::Before, '{' | '[') | (State::Value, '{' | '[' | '"') => self.begin(char),
            (State::Before, _) | (_, ' ' | '\t' | '\n' | '\r') => {}
            (State::Key, '"') => {
                self.buffer.clear();
                self.state = State::InKey;
            }
            (State::Colon, ':') => self.state = State::Value,
            (State::After, ',') if in_object => self.state = State::Key,
            (State::After, ',') => self.state = State::Value,
            (State::Key | State::After, '}') if in_object => self.close(),
            (State::Value | State::After, ']') if !in_object => self.close(),
            (State::Value, _) => {
                let key = in_object.then(|| std::mem::take(&mut self.buffer));
                self.open.push(Open {
                    key,
                    kind: Kind::Text,
                });
                self.buffer.clear();
                self.buffer.push(char);
                self.state = State::InScalar;
            }
            _ => self.state = State::Broken,
        }
    }

    fn end_scalar(&mut self) {
        let key = self.open.pop().and_then(|open| open.key);
        let value = serde_json::from_str(&self.buffer);
        self.state = match value.is_ok_and(|value| self.place(key, value)) {
            true => State::After,
            false => State::Broken,
        };
    }

    /// Opens an object, an array or a string.
    fn begin(&mut self, char: char) {
        let (kind, value, state) = match char {
            '{' => (Kind::Object, Value::Object(Map::new()), State::Key),
            '[' => (Kind::Array, Value::Array(Vec::new()), State::Value),
            _ => (Kind::Text, Value::String(String::new()), State::InText),
        };
        let in_object = self
            .open
            .last()
            .is_some_and(|open| open.kind == Kind::Object);
        let key = in_object.then(|| std::mem::take(&mut self.buffer));
        if self.open.len() >= MAX_PARTIAL_JSON_DEPTH || !self.place(key.clone(), value) {
            return self.state = State::Broken;
        }
        self.open.push(Open { key, kind });
        self.state = state;
    }

    fn close(&mut self) {
        self.open.pop();
        self.state = match self.open.is_empty() {
            true => State::Complete,
            false => State::After,
        };
    }

    /// Puts a value into the innermost open one; whether there was a place for it.
    fn place(&mut self, key: Option<String>, value: Value) -> bool {
        self.changed = true;
        if self.open.is_empty() {
            self.root = value;
            return true;
        }
        match (self.innermost(), key) {
            (Some(Value::Object(fields)), Some(key)) => {
                fields.insert(key, value);
            }
            (Some(Value::Array(items)), None) => items.push(value),
            _ => return false,
        }
        true
    }

    /// The innermost open value: one look-up for each level, of which there are few.
    fn innermost(&mut self) -> Option<&mut Value> {
        let mut value = &mut self.root;
        for open in self.open.iter().skip(1) {
            value = match (value, &open.key) {
                (Value::Object(fields), Some(key)) => fields.get_mut(key)?,
                (Value::Array(items), None) => items.last_mut()?,
                _ => return None,
            };
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn all_at_once(text: &str) -> PartialJson {
        let mut partial = PartialJson::new();
        partial.push(text);
        partial
    }

    #[test]
    fn every_prefix_is_a_value_and_the_whole_is_what_strict_parsing_gives() {
        let text = r#"{"a":[1,-2.5e3,true,null,{"b":"x\n\"\u00e9\ud83d\ude00ü"},[]],"":{},"c":"","a\\b":"é👋"}"#;
        let whole: Value = serde_json::from_str(text).unwrap();
        assert_eq!(all_at_once(text).value(), &whole);
        let mut grown = PartialJson::new();
        for (at, char) in text.char_indices() {
            grown.push(&text[at..at + char.len_utf8()]);
            assert_eq!(
                grown.value(),
                all_at_once(&text[..at + char.len_utf8()]).value()
            );
            assert_eq!(grown.is_complete(), at + 1 == text.len());
        }
        assert_eq!(grown.value(), &whole);
    }

    #[test]
    fn a_prefix_shows_what_is_certain() {
        let cases = [
            ("", json!(null)),
            ("```json\n{", json!({})),
            (r#"{"a"#, json!({})),
            (r#"{"a":"#, json!({})),
            (r#"{"a":"x\"#, json!({"a": "x"})),
            (r#"{"a":"x\ud83d"#, json!({"a": "x"})),
            (r#"{"a":"x\ud83d "#, json!({"a": "x\u{fffd} "})),
            (r#"{"a":"\ude00"}"#, json!({"a": "\u{fffd}"})),
            (r#"{"a":12"#, json!({})),
            (r#"{"a":12,"#, json!({"a": 12})),
            (r#"[[{"a":[tru"#, json!([[{"a": []}]])),
            ("{\"a\":1}\n```", json!({"a": 1})),
        ];
        for (text, expected) in cases {
            assert_eq!(all_at_once(text).value(), &expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_freezes_the_value() {
        for text in [
            r#"{"a":1,"b":tru e,"c":2}"#,
            r#"{"a":1]"c":2}"#,
            r#"{"a":1,"b" "c":2}"#,
        ] {
            let partial = all_at_once(text);
            assert_eq!(partial.value(), &json!({"a": 1}), "{text}");
            assert!(!partial.is_complete());
        }
        let deep = all_at_once(&"[".repeat(100_000));
        assert!(!deep.is_complete());
    }

    #[test]
    fn only_what_changes_the_value_is_reported() {
        let mut partial = PartialJson::new();
        let changes = ["Sure: ", "{", "\"a", "\":", "\"", "x", "\"", "}", "!"]
            .map(|delta| partial.push(delta));
        assert_eq!(
            changes,
            [false, true, false, false, true, true, true, false, false]
        );
    }
}

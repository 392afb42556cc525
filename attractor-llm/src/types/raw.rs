use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::provider::json;

/// What a provider sent, word for word.
///
/// It is kept as it came and parsed when it is first looked at, since hardly anyone does: a
/// [`Value`] of a whole reply costs more than all else that is done with it. A clone is cheap and
/// shares what is parsed.
///
/// ```
/// use attractor_llm::Raw;
/// use serde_json::json;
///
/// let raw = Raw::from(json!({"system_fingerprint": "fp_44709d6fcb"}));
/// assert_eq!(raw["system_fingerprint"], "fp_44709d6fcb");
/// ```
#[derive(Clone)]
pub struct Raw(Arc<Inner>);

struct Inner {
    /// The text of JSON; empty where the value was there first.
    text: Bytes,
    /// The field of it that is meant, unless it is all.
    field: Option<&'static str>,
    value: OnceLock<Value>,
}

impl Raw {
    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.0.value.get_or_init(|| self.0.parse())
    }

    /// The value, without a copy where nobody else has it.
    #[must_use]
    pub fn into_value(self) -> Value {
        match Arc::try_unwrap(self.0) {
            Ok(mut inner) => inner.value.take().unwrap_or_else(|| inner.parse()),
            Err(shared) => Self(shared).value().clone(),
        }
    }
}

/// For who has read a reply without making values of it.
#[cfg(any(feature = "openai-compatible", test))]
impl Raw {
    /// A text that was read as JSON before, by whatever type.
    pub(crate) fn from_json(text: Bytes) -> Self {
        Self::unread(text, None)
    }

    /// A field of the object that such a text is.
    pub(crate) fn field_of(text: Bytes, field: &'static str) -> Self {
        Self::unread(text, Some(field))
    }

    fn unread(text: Bytes, field: Option<&'static str>) -> Self {
        let value = OnceLock::new();
        Self(Arc::new(Inner { text, field, value }))
    }
}

impl Inner {
    /// What isn't JSON after all is a text.
    fn parse(&self) -> Value {
        let text = json::text(&self.text);
        let mut value = json::parse(&text).unwrap_or_else(|_| Value::from(text));
        match self.field {
            Some(field) => value.get_mut(field).map(Value::take).unwrap_or_default(),
            None => value,
        }
    }
}

impl From<Value> for Raw {
    fn from(value: Value) -> Self {
        Self(Arc::new(Inner {
            text: Bytes::new(),
            field: None,
            value: OnceLock::from(value),
        }))
    }
}

impl From<Raw> for Value {
    fn from(raw: Raw) -> Self {
        raw.into_value()
    }
}

impl Deref for Raw {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.value()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.value() == other.value()
    }
}

impl PartialEq<Value> for Raw {
    fn eq(&self, other: &Value) -> bool {
        self.value() == other
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_the_value_that_it_tells() {
        let raw = Raw::from_json(Bytes::from_static(b"{\"a\":\"\\ud83d\",\"b\":[1]}"));
        assert_eq!(raw, json!({"a": "\u{fffd}", "b": [1]}));
        assert_eq!(raw, Raw::from(raw.clone().into_value()));
        let written = serde_json::to_string(&raw).unwrap();
        assert_eq!(serde_json::from_str::<Raw>(&written).unwrap(), raw);
    }

    #[test]
    fn a_field_is_its_value_alone() {
        let text = Bytes::from_static(b"{\"usage\":{\"total\":3}}");
        assert_eq!(Raw::field_of(text.clone(), "usage"), json!({"total": 3}));
        assert_eq!(Raw::field_of(text, "cost"), Value::Null);
    }

    #[test]
    fn what_is_no_value_is_its_text() {
        assert_eq!(
            Raw::from_json(Bytes::from_static(b"{\"a\":")),
            json!("{\"a\":")
        );
    }
}

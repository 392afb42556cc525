//! What stands in the context in place of a value that is too large for it; pure.

use serde_json::{Value, json};

use super::ArtifactInfo;

const KEY: &str = "$artifact";

/// Whether a value has more bytes than this as JSON, or about as many.
pub(crate) fn is_large(value: &Value, limit: usize) -> bool {
    size(value, limit) > limit
}

/// The bytes of a value, counted until they exceed the limit.
fn size(value: &Value, limit: usize) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => sum(items.iter().map(|item| (0, item)), limit),
        Value::Object(fields) => sum(fields.iter().map(|(key, value)| (key.len(), value)), limit),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

fn sum<'a>(items: impl Iterator<Item = (usize, &'a Value)>, limit: usize) -> usize {
    let mut total = 0_usize;
    for (key, value) in items {
        total = total.saturating_add(key + 3 + size(value, limit));
        if total > limit {
            break;
        }
    }
    total
}

/// What stands in place of the value that an artifact has.
pub(crate) fn reference(info: &ArtifactInfo) -> Value {
    json!({ KEY: info.id, "size_bytes": info.size_bytes })
}

/// The artifact that has the value in whose place this stands, if it stands for one.
pub(crate) fn referenced(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    fields.contains_key("size_bytes").then_some(())?;
    fields.get(KEY)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_as_large_as_all_that_is_in_it() {
        let value = json!({"list": ["12345678", "12345678"], "n": 1});
        assert!(is_large(&value, 20));
        assert!(!is_large(&value, 100));
        assert!(!is_large(&json!(12345), 20));
    }

    #[test]
    fn only_a_whole_reference_is_one() {
        assert_eq!(
            referenced(&json!({"$artifact": "a", "size_bytes": 3})),
            Some("a")
        );
        for other in [
            json!({"$artifact": "a"}),
            json!("$artifact"),
            json!({"a": 1, "size_bytes": 2}),
        ] {
            assert_eq!(referenced(&other), None);
        }
    }
}

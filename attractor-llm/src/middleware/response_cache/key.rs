//! Request -> the text that stands for it.

use serde_json::{Map, Value};

use crate::types::Request;

/// The request as JSON, equal for equal requests; `None` for one that JSON can't hold.
pub(super) fn of(request: &Request) -> Option<String> {
    let value = serde_json::to_value(request).ok()?;
    Some(sorted(value).to_string())
}

/// The value with the keys of every object in order, whatever order the build's JSON keeps.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|left, right| left.0.cmp(&right.0));
            let sorted = fields.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(sorted.collect::<Map<_, _>>())
        }
        other => other,
    }
}

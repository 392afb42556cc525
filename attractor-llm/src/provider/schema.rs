//! JSON Schema in the dialects that providers take; pure.

use serde_json::{Map, Value};

/// Keywords that Anthropic's structured output rejects; the caller still validates by them.
const UNSUPPORTED: &[&str] = &[
    "$schema",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "multipleOf",
    "uniqueItems",
];

/// The schema with every object closed and without the keywords that can't be enforced.
pub(crate) fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => Value::Object(closed_object(map)),
        other => other.clone(),
    }
}

fn closed_object(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut closed_map: Map<String, Value> = schema
        .iter()
        .filter(|(key, _)| !UNSUPPORTED.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), keyword(key, value)))
        .collect();
    let is_object = closed_map.get("type").is_some_and(|kind| kind == "object")
        || closed_map.contains_key("properties");
    if is_object {
        closed_map.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    closed_map
}

/// The value of a keyword: the schemas in it closed, anything else as it is.
fn keyword(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("properties" | "$defs" | "definitions", Value::Object(schemas)) => schemas
            .iter()
            .map(|(name, schema)| (name.clone(), closed(schema)))
            .collect(),
        ("anyOf" | "allOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
            schemas.iter().map(closed).collect()
        }
        ("items" | "not" | "additionalProperties", schema) => closed(schema),
        (_, other) => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_are_closed_at_every_depth_and_a_property_may_have_a_keywords_name() {
        let schema = json!({
            "type": "object",
            "properties": {
                "minimum": {"type": "integer", "minimum": 1},
                "list": {"type": "array", "items": {"type": "object", "properties": {}}},
            },
            "required": ["minimum"],
        });
        let expected = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "minimum": {"type": "integer"},
                "list": {
                    "type": "array",
                    "items": {"type": "object", "additionalProperties": false, "properties": {}},
                },
            },
            "required": ["minimum"],
        });
        assert_eq!(closed(&schema), expected);
    }
}

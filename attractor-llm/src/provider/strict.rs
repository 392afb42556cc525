//! JSON Schemas in the form that OpenAI enforces exactly; pure.

use serde_json::{Map, Value};

/// The longest name of a schema that the APIs take.
const MAX_SCHEMA_NAME_CHARS: usize = 64;

/// Keywords that can't be enforced; the caller still validates by them.
const DROPPED: &[&str] = &[
    "$schema",
    "default",
    "examples",
    "maxLength",
    "maxProperties",
    "minLength",
    "minProperties",
    "uniqueItems",
];

/// Keywords that change what a schema means and that OpenAI doesn't take.
const REFUSED: &[&str] = &[
    "allOf",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

/// The formats of strings that OpenAI knows.
const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uuid",
];

/// The schema as it can be enforced: every object closed; `None` where that would change what it
/// means, for example because a property is optional.
pub(crate) fn strict(schema: &Value) -> Option<Value> {
    let fields = schema.as_object()?;
    if fields.keys().any(|key| REFUSED.contains(&key.as_str())) {
        return None;
    }
    let mut enforced = Map::new();
    for (key, value) in fields {
        let unknown_format = key == "format"
            && !value
                .as_str()
                .is_some_and(|format| FORMATS.contains(&format));
        if DROPPED.contains(&key.as_str()) || unknown_format {
            continue;
        }
        enforced.insert(key.clone(), keyword(key, value)?);
    }
    let is_object = fields.get("type").is_some_and(|kind| kind == "object")
        || fields.contains_key("properties");
    if is_object {
        close(fields, &mut enforced)?;
    }
    Some(Value::Object(enforced))
}

/// The name that the APIs ask for, from the schema's title if it has one.
pub(crate) fn schema_name(schema: &Value) -> String {
    let title = schema["title"].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = title.chars().map(|c| if allowed(c) { c } else { '_' });
    let name: String = name.take(MAX_SCHEMA_NAME_CHARS).collect();
    if name.is_empty() {
        "answer".to_owned()
    } else {
        name
    }
}

/// An object takes exactly its properties, and each of them has to be there.
fn close(schema: &Map<String, Value>, enforced: &mut Map<String, Value>) -> Option<()> {
    let open = schema
        .get("additionalProperties")
        .is_some_and(|additional| *additional != Value::Bool(false));
    let none = Map::new();
    let properties = match schema.get("properties") {
        None => &none,
        Some(properties) => properties.as_object()?,
    };
    let required = schema.get("required").and_then(Value::as_array);
    let required = |name: &String| required.is_some_and(|list| list.iter().any(|it| it == name));
    if open || !properties.keys().all(required) {
        return None;
    }
    enforced.insert("additionalProperties".to_owned(), Value::Bool(false));
    enforced
        .entry("properties")
        .or_insert_with(|| Value::Object(Map::new()));
    enforced
        .entry("required")
        .or_insert_with(|| Value::Array(Vec::new()));
    Some(())
}

/// The value of a keyword: the schemas in it as they can be enforced, anything else as it is.
fn keyword(key: &str, value: &Value) -> Option<Value> {
    match (key, value) {
        ("properties" | "$defs" | "definitions", Value::Object(schemas)) => schemas
            .iter()
            .map(|(name, schema)| Some((name.clone(), strict(schema)?)))
            .collect(),
        ("anyOf", Value::Array(schemas)) => schemas.iter().map(strict).collect(),
        ("items", schema) => strict(schema),
        (_, other) => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_closed_at_every_depth() {
        let schema = json!({
            "$schema": "x", "type": "object", "required": ["list", "default"],
            "properties": {
                "default": {"type": "integer", "format": "uint32", "default": 1, "minimum": 0},
                "list": {"type": "array", "items": {"$ref": "#/$defs/Day"}},
            },
            "$defs": {"Day": {"type": "object", "properties": {
                "on": {"type": "string", "format": "date", "minLength": 1}}, "required": ["on"]}},
        });
        let expected = json!({
            "type": "object", "required": ["list", "default"], "additionalProperties": false,
            "properties": {
                "default": {"type": "integer", "minimum": 0},
                "list": {"type": "array", "items": {"$ref": "#/$defs/Day"}},
            },
            "$defs": {"Day": {"type": "object", "additionalProperties": false, "properties": {
                "on": {"type": "string", "format": "date"}}, "required": ["on"]}},
        });
        assert_eq!(strict(&schema), Some(expected));
    }

    #[test]
    fn a_schema_that_would_mean_something_else_is_refused() {
        let cases = [
            json!({"type": "object", "properties": {"a": {}}}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {"a": {"oneOf": []}}, "required": ["a"]}),
            json!({"type": "array", "items": true}),
            json!(true),
        ];
        for schema in cases {
            assert_eq!(strict(&schema), None, "{schema}");
        }
    }
}

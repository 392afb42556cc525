//! A JSON Schema, compiled once, and what values break in it.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::schema_shape;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_SCHEMA_PROBLEMS;

/// A schema to check values by.
///
/// The keywords that describe the shape are checked always; with the feature `json-schema` all the
/// others as well.
#[derive(Debug)]
pub(super) struct Schema {
    schema: Value,
    #[cfg(feature = "json-schema")]
    validator: jsonschema::Validator,
}

impl Schema {
    pub(super) fn compile(schema: &Value) -> Result<Self, Error> {
        if !schema.is_object() && !schema.is_boolean() {
            return Err(not_a_schema("it is neither an object nor a boolean"));
        }
        Ok(Self {
            #[cfg(feature = "json-schema")]
            validator: jsonschema::validator_for(schema)
                .map_err(|error| not_a_schema(&error.to_string()))?,
            schema: schema.clone(),
        })
    }

    /// The problems in words that let a model mend them.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        let mut problems = schema_shape::problems(&self.schema, value);
        if problems.is_empty() {
            problems = self.other_problems(value);
        }
        if problems.is_empty() {
            return Ok(());
        }
        problems.truncate(MAX_SCHEMA_PROBLEMS);
        Err(problems.join("; "))
    }

    #[cfg(feature = "json-schema")]
    fn other_problems(&self, value: &Value) -> Vec<String> {
        let problems = self.validator.iter_errors(value).take(MAX_SCHEMA_PROBLEMS);
        problems
            .map(|error| match error.instance_path().to_string() {
                path if path.is_empty() => error.to_string(),
                path => format!("at {path}: {error}"),
            })
            .collect()
    }

    /// Checked with the feature `json-schema` only.
    #[cfg(not(feature = "json-schema"))]
    fn other_problems(&self, _: &Value) -> Vec<String> {
        Vec::new()
    }
}

/// The schema of a type, as providers take it.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>();
    schema.remove("$schema");
    let mut schema = schema.into();
    drop_rust_formats(&mut schema);
    schema
}

/// Takes away the formats that name Rust's numbers, which providers refuse.
fn drop_rust_formats(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let format = keywords.get("format").and_then(Value::as_str);
            if format.is_some_and(|format| RUST_FORMATS.contains(&format)) {
                keywords.remove("format");
            }
            keywords.values_mut().for_each(drop_rust_formats);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(drop_rust_formats),
        _ => {}
    }
}

const RUST_FORMATS: [&str; 14] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64",
    "uint128", "uint", "float", "double",
];

fn not_a_schema(why: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        format!("this isn't a JSON Schema: {why}"),
    )
}

#[cfg(all(test, feature = "json-schema"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn our_check_of_shapes_says_what_the_whole_check_says() {
        let person = json!({
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string"}, "age": {"type": ["integer", "null"], "minimum": 0},
                "friends": {"type": "array", "items": {"$ref": "#"}},
                "mood": {"enum": ["good", "bad"]}, "species": {"const": "human"},
            },
        });
        let either = json!({
            "$defs": {"text": {"type": "string"}},
            "anyOf": [{"$ref": "#/$defs/text"}, {"allOf": [{"type": "number"}, {"maximum": 3}]}],
        });
        let one = json!({"oneOf": [{"type": "string"}, {"type": "number", "minimum": 10}]});
        let values = [
            json!({"name": "A"}),
            json!({"name": "A", "age": 3, "mood": "good", "species": "human"}),
            json!({"name": "A", "age": null, "friends": [{"name": "B"}, {"name": "C"}]}),
            json!({"name": "A", "friends": [{"name": "B"}, {}]}),
            json!({"name": "A", "age": -1}),
            json!({"name": "A", "age": 3.5}),
            json!({"name": "A", "age": 3.0}),
            json!({"name": 1}),
            json!({"name": "A", "mood": "so-so"}),
            json!({"name": "A", "species": "cat"}),
            json!({"name": "A", "else": 1}),
            json!({}),
            json!([]),
            json!("text"),
            json!(2),
            json!(4),
            json!(2.5),
            json!(12),
            json!(12.5),
            json!(null),
        ];
        for schema in [person, either, one, json!(true), json!(false), json!({})] {
            let validator = jsonschema::validator_for(&schema).unwrap();
            for value in &values {
                let fits = schema_shape::problems(&schema, value).is_empty();
                assert_eq!(fits, validator.is_valid(value), "{schema} {value}");
            }
        }
    }
}

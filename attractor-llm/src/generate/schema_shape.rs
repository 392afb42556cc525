//! The keywords of JSON Schema that describe a value's shape; pure.
//!
//! `$ref` within the schema, `type`, `enum`, `const`, `properties`, `required`,
//! `additionalProperties`, `items`, `anyOf`, `oneOf`, `allOf`, `minimum`, `maximum`.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::limits::{MAX_SCHEMA_DEPTH, MAX_SCHEMA_STEPS};

/// What in `value` breaks `schema`; each with its place.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let left = Cell::new(MAX_SCHEMA_STEPS);
    let mut check = Check {
        root: schema,
        left: &left,
        problems: Vec::new(),
    };
    check.value(schema, value, &Place { path: "", depth: 0 });
    check.problems
}

struct Check<'a> {
    root: &'a Value,
    /// How many schemas may still be applied.
    left: &'a Cell<usize>,
    problems: Vec<String>,
}

struct Place<'a> {
    path: &'a str,
    depth: usize,
}

impl Check<'_> {
    fn problem(&mut self, place: &Place<'_>, what: &str) {
        let problem = match place.path {
            "" => what.to_owned(),
            path => format!("at {path}: {what}"),
        };
        self.problems.push(problem);
    }

    fn value(&mut self, schema: &Value, value: &Value, place: &Place<'_>) {
        if *schema == Value::Bool(false) {
            return self.problem(place, "nothing may be here");
        }
        let Some(schema) = schema.as_object() else {
            return;
        };
        let deeper = Place {
            path: place.path,
            depth: place.depth + 1,
        };
        // A schema may refer to itself without end, and more than once.
        if deeper.depth > MAX_SCHEMA_DEPTH || self.left.get() == 0 {
            return;
        }
        self.left.set(self.left.get() - 1);
        self.applied(schema, value, &deeper);
        self.itself(schema, value, &deeper);
        match value {
            Value::Object(fields) => self.object(schema, fields, &deeper),
            Value::Array(items) => {
                let Some(of_items) = schema
                    .get("items")
                    .filter(|_| !schema.contains_key("prefixItems"))
                else {
                    return;
                };
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{}/{index}", place.path);
                    self.value(
                        of_items,
                        item,
                        &Place {
                            path: &path,
                            ..deeper
                        },
                    );
                }
            }
            _ => {}
        }
    }

    /// Other schemas that have to hold for the same value.
    fn applied(&mut self, schema: &Map<String, Value>, value: &Value, place: &Place<'_>) {
        let target = schema.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target.and_then(|pointer| self.root.pointer(pointer)) {
            self.value(target, value, place);
        }
        for all in array(schema, "allOf") {
            self.value(all, value, place);
        }
        for keyword in ["anyOf", "oneOf"] {
            let options = array(schema, keyword);
            let fits = |option: &Value| {
                let mut check = Check {
                    root: self.root,
                    left: self.left,
                    problems: Vec::new(),
                };
                check.value(option, value, place);
                check.problems.is_empty()
            };
            if !options.is_empty() && !options.iter().any(fits) {
                self.problem(place, "none of the alternatives fits");
            }
        }
    }

    fn itself(&mut self, schema: &Map<String, Value>, value: &Value, place: &Place<'_>) {
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(kind, value)) {
            return self.problem(place, &format!("{} was expected", kinds.join(" or ")));
        }
        if let Some(only) = schema.get("const").filter(|only| *only != value) {
            self.problem(place, &format!("{only} was expected"));
        }
        let options = array(schema, "enum");
        if !options.is_empty() && !options.contains(value) {
            let options: Vec<String> = options.iter().map(Value::to_string).collect();
            self.problem(
                place,
                &format!("one of {} was expected", options.join(", ")),
            );
        }
        let number = value.as_f64();
        let bound = |keyword| Some((number?, schema.get(keyword)?.as_f64()?));
        if let Some((_, least)) = bound("minimum").filter(|(number, least)| number < least) {
            self.problem(place, &format!("{least} is the least"));
        }
        if let Some((_, most)) = bound("maximum").filter(|(number, most)| number > most) {
            self.problem(place, &format!("{most} is the most"));
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, fields: &Map<String, Value>, at: &Place<'_>) {
        for name in array(schema, "required").iter().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.problem(at, &format!("{name:?} is missing"));
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let has_patterns = schema.contains_key("patternProperties");
        let others = schema.get("additionalProperties").filter(|_| !has_patterns);
        for (name, field) in fields {
            let path = format!("{}/{name}", at.path);
            let place = Place { path: &path, ..*at };
            match known.and_then(|known| known.get(name)).or(others) {
                Some(Value::Bool(false)) => {
                    self.problem(at, &format!("there is no {name:?}"));
                }
                Some(schema) => self.value(schema, field, &place),
                None => {}
            }
        }
    }
}

fn array<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    let found = schema.get(keyword).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_keyword_of_the_shape_is_checked_and_its_place_named() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "unit": {"enum": ["C", "F"]},
                "tree": {"$ref": "#/$defs/tree"},
                "list": {"type": "array", "items": {"type": "integer", "minimum": 1}},
                "either": {"anyOf": [{"type": "null"}, {"const": 3}]},
            },
            "required": ["name"],
            "additionalProperties": false,
            "$defs": {"tree": {"properties": {"next": {"$ref": "#/$defs/tree"}, "n": {"type": ["integer", "null"]}}}},
        });
        let cases = [
            (
                json!({"name": "x", "unit": "C", "list": [1, 2.0], "either": 3}),
                "",
            ),
            (json!([]), "object was expected"),
            (json!({}), "\"name\" is missing"),
            (json!({"name": 1}), "at /name: string was expected"),
            (
                json!({"name": "x", "unit": "K"}),
                "at /unit: one of \"C\", \"F\" was expected",
            ),
            (json!({"name": "x", "more": 1}), "there is no \"more\""),
            (
                json!({"name": "x", "list": [1, 0]}),
                "at /list/1: 1 is the least",
            ),
            (
                json!({"name": "x", "either": 4}),
                "at /either: none of the alternatives fits",
            ),
            (
                json!({"name": "x", "tree": {"next": {"next": {"n": "1"}}}}),
                "at /tree/next/next/n: integer or null was expected",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(problems(&schema, &value).join("; "), expected, "{value}");
        }
    }

    #[test]
    fn a_schema_that_is_only_itself_ends() {
        assert!(problems(&json!({"$ref": "#"}), &json!(1)).is_empty());
        let twice = json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]});
        assert!(problems(&twice, &json!(1)).is_empty());
    }
}

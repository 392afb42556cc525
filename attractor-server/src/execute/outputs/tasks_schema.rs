use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// The form of `tasks.json`.
const SCHEMA: &str = include_str!("../../../schemas/tasks.schema.json");

static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).ok()?;
    jsonschema::validator_for(&schema).ok()
});

/// Whether a text is a list of tasks; if not, what is wrong with it, to follow its name.
pub(in crate::execute) fn check(text: &str) -> Result<(), String> {
    let tasks: Value =
        serde_json::from_str(text).map_err(|error| format!("isn't JSON: {error}"))?;
    let Some(validator) = &*VALIDATOR else {
        return Err("can't be checked: its schema is broken".to_owned());
    };
    let Some(error) = validator.iter_errors(&tasks).next() else {
        return Ok(());
    };
    let place = error.instance_path().to_string();
    let place = if place.is_empty() {
        "/".to_owned()
    } else {
        place
    };
    Err(format!("isn't a list of tasks: at {place}, {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_can_be_used() {
        assert!(VALIDATOR.is_some());
        assert!(check(r#"{"tasks": [{"id": "1", "title": "x", "more": 1}]}"#).is_ok());
        let said = check(r#"{"tasks": [{"id": "1"}]}"#).unwrap_err();
        assert!(said.contains("/tasks/0"), "{said}");
    }
}

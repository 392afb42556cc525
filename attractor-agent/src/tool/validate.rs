//! Arguments against a tool's schema, compiled once.

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    error::{Error, ErrorKind},
    limits,
};

/// A compiled schema.
#[derive(Debug)]
pub(super) struct Schema {
    validator: Validator,
    properties: Vec<String>,
}

impl Schema {
    pub(super) fn compile(tool: &str, schema: &Value) -> Result<Self, Error> {
        let validator = jsonschema::validator_for(schema).map_err(|error| {
            Error::new(
                ErrorKind::Configuration,
                format!("the parameters of the tool {tool} are not a valid JSON Schema: {error}"),
            )
        })?;
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties
            .map(|all| all.keys().cloned().collect())
            .unwrap_or_default();
        Ok(Self {
            validator,
            properties,
        })
    }

    /// The problems in words that let a model mend its call.
    pub(super) fn check(&self, tool: &str, arguments: &Value) -> Result<(), Error> {
        let problems: Vec<String> = self
            .validator
            .iter_errors(arguments)
            .take(limits::VALIDATION_PROBLEMS)
            .map(|error| match error.instance_path().to_string() {
                path if path.is_empty() => error.to_string(),
                path => format!("at {path}: {error}"),
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::invalid_input(format!(
            "invalid arguments for {tool}: {}. Its parameters are: {}",
            problems.join("; "),
            self.properties.join(", ")
        )))
    }
}

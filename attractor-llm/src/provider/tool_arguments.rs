//! A tool call's arguments, for APIs that take them as a text; pure.

use serde_json::{Value, json};

use super::json;
use crate::types::ToolCallData;

/// The arguments as the model spelt them, where that is an object to every parser: one lone surrogate in
/// them and the API refuses the conversation.
pub(crate) fn text(data: &ToolCallData) -> String {
    let is_object = |raw: &str| raw.trim_start().starts_with('{') && json::is_strict(raw);
    match &data.raw_arguments {
        Some(raw) if data.invalid.is_none() && is_object(raw) => raw.clone(),
        _ => match &data.arguments {
            Value::Object(arguments) => Value::Object(arguments.clone()).to_string(),
            Value::Null => "{}".to_owned(),
            other => json!({"input": other}).to_string(),
        },
    }
}

//! What a tool answered, for APIs that take a text and have no mark for a failure; pure.

use serde_json::Value;

use crate::handoff::NO_RESULT;
use crate::types::ToolResultData;

/// The text of a result; that of a failure begins with the word.
pub(crate) fn text(data: &ToolResultData) -> String {
    let text = match &data.content {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        structured => structured.to_string(),
    };
    match data.is_error {
        true if text.trim().is_empty() => "Error: the tool failed without saying why".to_owned(),
        // This says itself what failed.
        true if text.starts_with(NO_RESULT) => text,
        true if !text.to_lowercase().trim_start().starts_with("error") => format!("Error: {text}"),
        _ => text,
    }
}

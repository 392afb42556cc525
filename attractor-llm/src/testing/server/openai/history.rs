//! What the real service refuses in the input.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::items;
use super::validate::require;
use crate::testing::server::protocol::Refusal;

/// Longest id of a tool call.
const MAX_CALL_ID_CHARS: usize = 64;

/// Each call has its result and each result its call, reasoning is followed by what it led to, and
/// content fits its role.
pub(super) fn validate(body: &Value) -> Result<(), Refusal> {
    let items = items(body);
    let continues = !body["previous_response_id"].is_null() || !body["conversation"].is_null();
    require(!items.is_empty() || continues, || {
        "Missing required parameter: 'input'.".to_owned()
    })?;
    for (index, item) in items.iter().enumerate() {
        self::item(&format!("input[{index}]"), item)?;
        reasoning(item, &items[index + 1..], body["store"] == false)?;
    }
    calls(&items, continues)
}

fn item(place: &str, item: &Value) -> Result<(), Refusal> {
    let text = |field: &str| item[field].is_string();
    let missing = |field: &str| format!("Missing required parameter: '{place}.{field}'.");
    match item["type"].as_str() {
        Some("message") | None => message(place, item),
        Some("function_call") => {
            require(text("name"), || missing("name"))?;
            require(text("arguments"), || missing("arguments"))?;
            call_id(place, item)
        }
        Some("function_call_output") => {
            let output = &item["output"];
            require(output.is_string() || output.is_array(), || {
                missing("output")
            })?;
            call_id(place, item)
        }
        Some("reasoning") => require(item["summary"].is_array(), || missing("summary")),
        Some(_) => Ok(()),
    }
}

fn call_id(place: &str, item: &Value) -> Result<(), Refusal> {
    let id = item["call_id"].as_str().unwrap_or_default();
    require(!id.is_empty(), || {
        format!("Missing required parameter: '{place}.call_id'.")
    })?;
    require(id.len() <= MAX_CALL_ID_CHARS, || {
        format!(
            "Invalid '{place}.call_id': string too long. Expected a string with maximum length \
             {MAX_CALL_ID_CHARS}, but got a string with length {} instead.",
            id.len()
        )
    })
}

fn message(place: &str, item: &Value) -> Result<(), Refusal> {
    let role = item["role"].as_str().unwrap_or_default();
    require(
        matches!(role, "user" | "assistant" | "system" | "developer"),
        || {
            format!(
                "Invalid value: '{role}'. Supported values are: 'assistant', 'system', \
                 'developer', and 'user'."
            )
        },
    )?;
    let supported: &[&str] = if role == "assistant" {
        &["output_text", "refusal"]
    } else {
        &["input_text", "input_image", "input_file"]
    };
    let parts = item["content"].as_array().map_or(&[][..], Vec::as_slice);
    require(item["content"].is_string() || !parts.is_empty(), || {
        format!("Missing required parameter: '{place}.content'.")
    })?;
    for (at, part) in parts.iter().enumerate() {
        let kind = part["type"].as_str().unwrap_or_default();
        require(supported.contains(&kind), || {
            format!("Invalid value: '{kind}'. Supported values are: {supported:?}.")
        })?;
        if kind == "input_file" && part["file_data"].is_string() {
            require(part["filename"].is_string(), || {
                format!("Missing required parameter: '{place}.content[{at}].filename'.")
            })?;
        }
    }
    Ok(())
}

/// Reasoning that has an id is followed by an item that has one too; unless it is stored it carries
/// what it says.
fn reasoning(item: &Value, after: &[Value], stateless: bool) -> Result<(), Refusal> {
    let Some(id) = item["id"].as_str().filter(|_| item["type"] == "reasoning") else {
        return Ok(());
    };
    let next = after.iter().find(|next| next["type"] != "reasoning");
    require(next.is_some_and(|next| next["id"].is_string()), || {
        format!("Item '{id}' of type 'reasoning' was provided without its required following item.")
    })?;
    let carried = item["encrypted_content"].is_string() || item["content"].is_array();
    require(carried || !stateless, || {
        format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false."
        )
    })
}

fn calls(items: &[Value], continues: bool) -> Result<(), Refusal> {
    let ids = |kind: &str| -> Vec<&str> {
        let of_kind = items.iter().filter(|item| item["type"] == kind);
        of_kind
            .filter_map(|item| item["call_id"].as_str())
            .collect()
    };
    for (call, output) in [
        ("function_call", "function_call_output"),
        ("custom_tool_call", "custom_tool_call_output"),
    ] {
        let (called, answered) = (ids(call), ids(output));
        let open = called.iter().find(|id| !answered.contains(id));
        require(open.is_none(), || {
            format!(
                "No tool output found for function call {}.",
                open.unwrap_or(&"")
            )
        })?;
        let orphan = answered.iter().find(|id| !called.contains(id));
        require(orphan.is_none() || continues, || {
            format!(
                "No tool call found for function call output with call_id {}.",
                orphan.unwrap_or(&"")
            )
        })?;
        let mut seen = BTreeSet::new();
        let repeated = called.iter().find(|id| !seen.insert(**id));
        require(repeated.is_none(), || {
            format!("Duplicate function call id {}.", repeated.unwrap_or(&""))
        })?;
    }
    Ok(())
}

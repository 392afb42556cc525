//! What the real service refuses in the messages.

use serde_json::Value;

use super::request::messages;
use crate::testing::server::openai::validate::require;
use crate::testing::server::protocol::Refusal;

/// Longest id of a tool call.
const MAX_CALL_ID_CHARS: usize = 64;

/// Each call has its result directly after its turn, each result its call, and content fits its role.
pub(super) fn validate(body: &Value) -> Result<(), Refusal> {
    let messages = messages(body);
    require(!messages.is_empty(), || {
        "Invalid 'messages': empty array. Expected an array with minimum length 1.".to_owned()
    })?;
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let place = format!("messages.[{index}]");
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let found = open.iter().position(|call| *call == id);
            let found = found.ok_or_else(|| orphan(&place))?;
            open.remove(found);
        } else {
            answered(&open, &place)?;
        }
        content(&place, message)?;
        if message["role"] == "assistant" {
            open = calls(&place, message)?;
        }
    }
    answered(&open, "messages")
}

fn orphan(place: &str) -> Refusal {
    Refusal::invalid(format!(
        "Invalid parameter: messages with role 'tool' must be a response to a preceding message with \
         'tool_calls' ({place})."
    ))
}

fn answered(open: &[&str], place: &str) -> Result<(), Refusal> {
    require(open.is_empty(), || {
        format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to \
             each 'tool_call_id'. The following tool_call_ids did not have response messages: {} \
             ({place})",
            open.join(", ")
        )
    })
}

/// The ids of the calls of a turn.
fn calls<'a>(place: &str, message: &'a Value) -> Result<Vec<&'a str>, Refusal> {
    let calls = &message["tool_calls"];
    let list = calls.as_array().map_or(&[][..], Vec::as_slice);
    require(calls.is_null() || !list.is_empty(), || {
        format!("Invalid '{place}.tool_calls': empty array. Expected minimum length 1.")
    })?;
    let mut ids: Vec<&str> = Vec::new();
    for (at, call) in list.iter().enumerate() {
        let id = call["id"].as_str().unwrap_or_default();
        require(!id.is_empty() && id.len() <= MAX_CALL_ID_CHARS, || {
            format!(
                "Invalid '{place}.tool_calls[{at}].id': expected 1 to {MAX_CALL_ID_CHARS} characters."
            )
        })?;
        require(!ids.contains(&id), || {
            format!("Duplicate value for 'tool_call_id' of '{id}' in {place}.")
        })?;
        let (name, input) = match call["type"].as_str() {
            Some("function") => (&call["function"]["name"], &call["function"]["arguments"]),
            Some("custom") => (&call["custom"]["name"], &call["custom"]["input"]),
            _ => return Err(missing(&format!("{place}.tool_calls[{at}].type"))),
        };
        let named = name.as_str().is_some_and(|name| !name.is_empty());
        require(named && input.is_string(), || {
            format!("Missing required parameter: '{place}.tool_calls[{at}].function'.")
        })?;
        ids.push(id);
    }
    Ok(ids)
}

fn missing(what: &str) -> Refusal {
    Refusal::invalid(format!("Missing required parameter: '{what}'."))
}

fn content(place: &str, message: &Value) -> Result<(), Refusal> {
    let role = message["role"].as_str().unwrap_or_default();
    let supported: &[&str] = match role {
        "system" | "developer" | "tool" => &["text"],
        "user" => &["text", "image_url", "input_audio", "file"],
        "assistant" => &["text", "refusal"],
        _ => {
            return Err(Refusal::invalid(format!(
                "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', \
                 'tool', and 'developer'."
            )));
        }
    };
    let content = &message["content"];
    let does = !message["tool_calls"].is_null() || !message["audio"].is_null();
    match content {
        Value::String(_) => return Ok(()),
        Value::Null if role == "assistant" && does => return Ok(()),
        Value::Array(parts) if !parts.is_empty() => {}
        _ => {
            return Err(Refusal::invalid(format!(
                "Invalid value for 'content': expected a string, got null ({place})."
            )));
        }
    }
    for (at, part) in content.as_array().into_iter().flatten().enumerate() {
        let kind = part["type"].as_str().unwrap_or_default();
        // A service takes back what it has said, whatever that was.
        let is_own = role == "assistant" && !kind.is_empty();
        require(is_own || supported.contains(&kind), || {
            format!("Invalid value: '{kind}'. Supported values are: {supported:?} ({place}).")
        })?;
        let field = match kind {
            "image_url" => part["image_url"]["url"].is_string(),
            "input_audio" => {
                let format = part["input_audio"]["format"].as_str();
                part["input_audio"]["data"].is_string() && matches!(format, Some("wav" | "mp3"))
            }
            "file" => part["file"]["file_id"].is_string() || is_inline(&part["file"]),
            "text" | "refusal" => part[kind].is_string(),
            _ => true,
        };
        require(field, || {
            format!("Missing required parameter: '{place}.content[{at}].{kind}'.")
        })?;
    }
    Ok(())
}

fn is_inline(file: &Value) -> bool {
    file["filename"].is_string() && file["file_data"].is_string()
}

//! What the real service refuses in the list of messages.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::blocks;
use super::validate::{is_name, require};
use crate::testing::server::protocol::Refusal;

/// Longest id of a tool call.
const MAX_ID_CHARS: usize = 64;

/// As strict as the strictest model: the newest also take system messages among the others.
///
/// Roles alternate from the user on, no text is empty, each tool call has its result in the next
/// message, and each result its call in the one before.
pub(super) fn validate(body: &Value) -> Result<(), Refusal> {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    require(!messages.is_empty(), || {
        "messages: at least one message is required".to_owned()
    })?;
    system(&body["system"])?;
    for (index, message) in messages.iter().enumerate() {
        role(index, message)?;
        content(index, message)?;
        let previous = index.checked_sub(1).map(|previous| &messages[previous]);
        tool_results(index, message, previous)?;
        tool_uses(index, message, messages.get(index + 1))?;
    }
    unique_ids(messages)?;
    trailing_whitespace(messages)?;
    let uses_tools = messages.iter().flat_map(blocks).any(is_tool_block);
    require(!uses_tools || body["tools"].is_array(), || {
        "Requests which have `tool_use` or `tool_result` blocks in `messages` must define tools."
            .to_owned()
    })
}

fn system(system: &Value) -> Result<(), Refusal> {
    let blocks = system.as_array().map_or(&[][..], Vec::as_slice);
    let empty = blocks
        .iter()
        .any(|block| block["text"].as_str().unwrap_or_default().is_empty());
    require(!empty, || {
        "system: text content blocks must be non-empty".to_owned()
    })
}

fn role(index: usize, message: &Value) -> Result<(), Refusal> {
    let role = message["role"].as_str().unwrap_or_default();
    require(matches!(role, "user" | "assistant"), || {
        format!("messages.{index}.role: Input should be 'user' or 'assistant', not {role:?}")
    })?;
    let expected = if index.is_multiple_of(2) {
        "user"
    } else {
        "assistant"
    };
    require(role == expected, || {
        if index == 0 {
            "messages: first message must use the \"user\" role".to_owned()
        } else {
            format!(
                "messages: roles must alternate between \"user\" and \"assistant\", but found \
                 multiple {role:?} roles in a row at messages.{index}"
            )
        }
    })
}

fn content(index: usize, message: &Value) -> Result<(), Refusal> {
    let empty = match &message["content"] {
        Value::String(text) => text.is_empty(),
        Value::Array(blocks) => blocks.is_empty(),
        _ => true,
    };
    require(!empty, || {
        format!("messages.{index}: all messages must have non-empty content")
    })?;
    blocks(message)
        .enumerate()
        .try_for_each(|(at, item)| block(&format!("messages.{index}.content.{at}"), item))
}

fn block(place: &str, block: &Value) -> Result<(), Refusal> {
    let filled = |field: &str| block[field].as_str().is_some_and(|text| !text.is_empty());
    match block["type"].as_str() {
        None => Err(Refusal::invalid(format!("{place}.type: Field required"))),
        Some("text") => require(filled("text"), || {
            format!("{place}: text content blocks must be non-empty")
        }),
        Some("thinking") => {
            require(block["thinking"].is_string(), || {
                format!("{place}.thinking: Field required")
            })?;
            require(filled("signature"), || {
                format!("{place}.signature: Field required")
            })
        }
        Some("redacted_thinking") => {
            require(filled("data"), || format!("{place}.data: Field required"))
        }
        Some("tool_use") => {
            let id = block["id"].as_str().unwrap_or_default();
            require(is_name(id, MAX_ID_CHARS), || {
                format!("{place}.id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
            })?;
            require(filled("name"), || format!("{place}.name: Field required"))?;
            require(block["input"].is_object(), || {
                format!("{place}.input: Input should be a valid dictionary")
            })
        }
        Some(_) => Ok(()),
    }
}

/// Each call of an assistant message is answered in the message after it.
fn tool_uses(index: usize, message: &Value, next: Option<&Value>) -> Result<(), Refusal> {
    let answered: BTreeSet<&str> = next.map_or_else(BTreeSet::new, result_ids);
    let open: Vec<&str> = use_ids(message)
        .into_iter()
        .filter(|id| !answered.contains(id))
        .collect();
    require(open.is_empty(), || {
        format!(
            "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately \
             after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the \
             next message.",
            open.join(", ")
        )
    })
}

/// Each result answers a call of the message before it, once, and results come first.
fn tool_results(index: usize, message: &Value, previous: Option<&Value>) -> Result<(), Refusal> {
    let called = previous.map_or_else(BTreeSet::new, use_ids);
    let results = blocks(message).filter(|block| block["type"] == "tool_result");
    let mut seen = BTreeSet::new();
    for result in results {
        let id = result["tool_use_id"].as_str().unwrap_or_default();
        require(called.contains(id), || {
            format!(
                "messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. \
                 Each `tool_result` block must have a corresponding `tool_use` block in the \
                 previous message."
            )
        })?;
        require(seen.insert(id), || {
            format!(
                "messages.{index}: each tool_use must have a single result, found several for {id}"
            )
        })?;
    }
    let kinds = blocks(message).map(|block| block["type"] == "tool_result");
    require(
        kinds
            .skip_while(|is_result| *is_result)
            .all(|is_result| !is_result),
        || format!("messages.{index}: `tool_result` blocks must come before other content"),
    )
}

fn unique_ids(messages: &[Value]) -> Result<(), Refusal> {
    let uses = messages
        .iter()
        .flat_map(blocks)
        .filter(|block| block["type"] == "tool_use");
    let mut seen = BTreeSet::new();
    let repeated = uses
        .filter_map(|block| block["id"].as_str())
        .find(|id| !seen.insert(*id));
    require(repeated.is_none(), || {
        "messages: `tool_use` ids must be unique".to_owned()
    })
}

fn trailing_whitespace(messages: &[Value]) -> Result<(), Refusal> {
    let Some(last) = messages
        .last()
        .filter(|message| message["role"] == "assistant")
    else {
        return Ok(());
    };
    let text = last["content"]
        .as_str()
        .or_else(|| blocks(last).next_back()?["text"].as_str());
    let trimmed = text.is_none_or(|text| text.trim_end() == text);
    require(trimmed, || {
        "messages: final assistant content cannot end with trailing whitespace".to_owned()
    })
}

fn is_tool_block(block: &Value) -> bool {
    block["type"] == "tool_use" || block["type"] == "tool_result"
}

fn use_ids(message: &Value) -> BTreeSet<&str> {
    let uses = blocks(message).filter(|block| block["type"] == "tool_use");
    uses.filter_map(|block| block["id"].as_str()).collect()
}

fn result_ids(message: &Value) -> BTreeSet<&str> {
    let results = blocks(message).filter(|block| block["type"] == "tool_result");
    results
        .filter_map(|block| block["tool_use_id"].as_str())
        .collect()
}

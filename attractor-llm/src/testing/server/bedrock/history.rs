//! What the real service refuses in the list of messages.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::blocks;
use super::validate::{is_name, require};
use crate::testing::server::protocol::Refusal;

/// Roles alternate from the user on, no text is blank, each tool call has its result in the next
/// message, and each result its call in the one before.
pub(super) fn validate(body: &Value) -> Result<(), Refusal> {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    require(!messages.is_empty(), || {
        "The messages field must have at least one message.".to_owned()
    })?;
    let system = body["system"].as_array().map_or(&[][..], Vec::as_slice);
    system.iter().try_for_each(text)?;
    let mut documents = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        role(index, message)?;
        require(blocks(message).len() > 0, || {
            format!("The content field at messages.{index} is empty.")
        })?;
        for block in blocks(message) {
            one_member(index, block)?;
            text(block)?;
            document(block, message, &mut documents)?;
        }
        let previous = index.checked_sub(1).map(|previous| &messages[previous]);
        results(index, message, previous)?;
        calls(index, message, messages.get(index + 1))?;
    }
    let uses_tools = messages.iter().flat_map(blocks).any(is_tool_block);
    require(!uses_tools || body["toolConfig"].is_object(), || {
        "The toolConfig field must be defined when using toolUse and toolResult content blocks."
            .to_owned()
    })
}

fn role(index: usize, message: &Value) -> Result<(), Refusal> {
    let expected = if index.is_multiple_of(2) {
        "user"
    } else {
        "assistant"
    };
    let role = message["role"].as_str().unwrap_or_default();
    require(role == expected, || {
        if index == 0 {
            "A conversation must start with a user message.".to_owned()
        } else {
            format!("A conversation must alternate between user and assistant roles, not {role}.")
        }
    })
}

/// A block is a union: it has one member, and that is known.
fn one_member(index: usize, block: &Value) -> Result<(), Refusal> {
    const KNOWN: &[&str] = &[
        "audio",
        "cachePoint",
        "citationsContent",
        "document",
        "guardContent",
        "image",
        "reasoningContent",
        "searchResult",
        "text",
        "toolResult",
        "toolUse",
        "video",
    ];
    let members: Vec<&str> = block
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    let sound = members.len() == 1 && KNOWN.contains(&members[0]);
    require(sound, || {
        format!("Unexpected members {members:?} of the content block at messages.{index}")
    })
}

fn text(block: &Value) -> Result<(), Refusal> {
    let blank = block["text"]
        .as_str()
        .is_some_and(|text| text.trim().is_empty());
    require(!blank, || {
        "The text field in the ContentBlock object is blank.".to_owned()
    })
}

fn document<'a>(
    block: &'a Value,
    message: &Value,
    names: &mut BTreeSet<&'a str>,
) -> Result<(), Refusal> {
    let Some(document) = block.get("document") else {
        return Ok(());
    };
    let name = document["name"].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -()[]".contains(c);
    let sound = !name.is_empty() && name.chars().all(allowed) && !name.contains("  ");
    require(sound, || {
        format!("The document file name {name:?} isn't allowed.")
    })?;
    require(names.insert(name), || {
        format!("The document name {name:?} is used twice.")
    })?;
    let beside = blocks(message).any(|block| block.get("text").is_some());
    require(beside, || {
        "A message with a document must include a text block.".to_owned()
    })
}

/// Each call of the model is answered in the message after it.
fn calls(index: usize, message: &Value, next: Option<&Value>) -> Result<(), Refusal> {
    let answered: BTreeSet<&str> = next.map_or_else(BTreeSet::new, result_ids);
    let mut seen = BTreeSet::new();
    for id in call_ids(message) {
        require(is_name(id), || format!("toolUseId {id:?} isn't allowed."))?;
        require(seen.insert(id), || format!("toolUseId {id} is used twice."))?;
        require(answered.contains(id), || {
            format!(
                "Expected toolResult blocks at messages.{} for {id}",
                index + 1
            )
        })?;
    }
    Ok(())
}

/// Each result answers a call of the message before it, once.
fn results(index: usize, message: &Value, previous: Option<&Value>) -> Result<(), Refusal> {
    let called: BTreeSet<&str> =
        previous.map_or_else(BTreeSet::new, |message| call_ids(message).collect());
    let results = blocks(message).filter_map(|block| block.get("toolResult"));
    let mut seen = BTreeSet::new();
    for result in results {
        let id = result["toolUseId"].as_str().unwrap_or_default();
        require(called.contains(id) && seen.insert(id), || {
            format!("The toolResult blocks at messages.{index} exceed the calls before: {id}")
        })?;
        let content = result["content"].as_array().map_or(&[][..], Vec::as_slice);
        require(!content.is_empty(), || {
            format!("The result of {id} is empty.")
        })?;
        content.iter().try_for_each(text)?;
    }
    Ok(())
}

fn is_tool_block(block: &Value) -> bool {
    block.get("toolUse").is_some() || block.get("toolResult").is_some()
}

fn call_ids(message: &Value) -> impl Iterator<Item = &str> {
    blocks(message).filter_map(|block| block["toolUse"]["toolUseId"].as_str())
}

fn result_ids(message: &Value) -> BTreeSet<&str> {
    let ids = blocks(message).filter_map(|block| block["toolResult"]["toolUseId"].as_str());
    ids.collect()
}

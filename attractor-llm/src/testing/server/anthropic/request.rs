//! Request body -> facts to match on.

use serde_json::Value;

use crate::testing::conversation::Conversation;

/// Reads a body that was found well-formed; what is missing counts as empty.
pub(super) fn conversation(body: &Value) -> Conversation {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let role_is = |role: &str| {
        messages
            .iter()
            .filter(|message| message["role"] == role)
            .count()
    };
    Conversation {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"].as_bool().unwrap_or_default(),
        system: text(&body["system"]),
        texts: messages
            .iter()
            .map(|message| text(&message["content"]))
            .collect(),
        tool_results: messages
            .iter()
            .flat_map(blocks)
            .filter(is_tool_result)
            .count(),
        assistant_messages: role_is("assistant"),
    }
}

/// The blocks of a message; none if its content is a string.
pub(super) fn blocks(message: &Value) -> std::slice::Iter<'_, Value> {
    message["content"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
}

fn is_tool_result(block: &&Value) -> bool {
    block["type"] == "tool_result"
}

/// The text of a string, of a list of blocks, and of the tool results among them.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().map(block_text).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn block_text(block: &Value) -> String {
    match block["type"].as_str() {
        Some("text") => block["text"].as_str().unwrap_or_default().to_owned(),
        Some("tool_result") => text(&block["content"]),
        _ => String::new(),
    }
}

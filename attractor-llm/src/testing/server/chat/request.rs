//! Request body -> facts to match on.

use serde_json::Value;

use crate::testing::conversation::Conversation;

/// Reads a body that was found well-formed; what is missing counts as empty.
///
/// The results of tools in a row count as one message, and so does what the user says after them.
pub(super) fn conversation(body: &Value) -> Conversation {
    let mut system: Vec<String> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut last = "";
    let (mut tool_results, mut assistant_messages) = (0, 0);
    for message in messages(body) {
        let role = message["role"].as_str().unwrap_or_default();
        let said = text(&message["content"]);
        match role {
            "system" | "developer" => {
                system.push(said);
                continue;
            }
            "tool" => tool_results += 1,
            "assistant" => assistant_messages += 1,
            _ => {}
        }
        let joined = last == "tool" && role != "assistant";
        match texts.last_mut().filter(|_| joined) {
            Some(before) => *before = format!("{before}\n{said}"),
            None => texts.push(said),
        }
        last = role;
    }
    Conversation {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        stream: body["stream"].as_bool().unwrap_or_default(),
        system: system.join("\n"),
        texts,
        tool_results,
        assistant_messages,
    }
}

pub(super) fn messages(body: &Value) -> &[Value] {
    body["messages"].as_array().map_or(&[][..], Vec::as_slice)
}

/// The text of a string or of a list of content parts.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

//! Request body -> facts to match on.

use serde_json::Value;

use crate::testing::conversation::Conversation;

/// Reads a body that was found well-formed; what is missing counts as empty.
///
/// A turn of the model counts as one message, as do the results of tools in a row.
pub(super) fn conversation(body: &Value) -> Conversation {
    let mut system = vec![text(&body["instructions"])];
    let mut texts: Vec<String> = Vec::new();
    let mut last = "";
    let (mut tool_results, mut assistant_messages) = (0, 0);
    for item in items(body) {
        let side = side(&item);
        match side {
            "system" => {
                system.push(text(&item["content"]));
                continue;
            }
            "tool" => tool_results += 1,
            "assistant" if last != side => assistant_messages += 1,
            _ => {}
        }
        let said = match side {
            "tool" => text(&item["output"]),
            _ => text(&item["content"]),
        };
        // A user's words after results are one message with them, as with other providers.
        let joined = side == last && side != "user" || side == "user" && last == "tool";
        match texts.last_mut().filter(|_| joined) {
            Some(before) => *before = format!("{before}\n{said}"),
            None => texts.push(said),
        }
        last = side;
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

/// The input, a text as the user's message.
pub(super) fn items(body: &Value) -> Vec<Value> {
    match &body["input"] {
        Value::String(text) => vec![serde_json::json!({"role": "user", "content": text})],
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    }
}

fn side(item: &Value) -> &'static str {
    let kind = item["type"].as_str().unwrap_or("message");
    match (kind, item["role"].as_str()) {
        ("message", Some("user")) => "user",
        ("message", Some("system" | "developer")) => "system",
        (kind, _) if kind.ends_with("_output") => "tool",
        _ => "assistant",
    }
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

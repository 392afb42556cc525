//! Request body -> facts to match on.

use serde_json::Value;

use crate::testing::conversation::Conversation;

/// The model that a path names, and whether its answer is streamed.
pub(super) fn target(path: &str) -> Option<(&str, bool)> {
    let (_, rest) = path.rsplit_once("/models/")?;
    let (model, method) = rest.rsplit_once(':')?;
    match method {
        "generateContent" => Some((model, false)),
        "streamGenerateContent" => Some((model, true)),
        _ => None,
    }
}

/// Reads a body that was found well-formed; what is missing counts as empty.
pub(super) fn conversation(model: &str, stream: bool, body: &Value) -> Conversation {
    let is_result = |part: &&Value| part["functionResponse"].is_object();
    let contents = contents(body);
    Conversation {
        model: model.to_owned(),
        stream,
        system: text(&body["systemInstruction"]),
        texts: contents.iter().map(text).collect(),
        tool_results: contents.iter().flat_map(parts).filter(is_result).count(),
        assistant_messages: contents.iter().filter(|it| it["role"] == "model").count(),
    }
}

pub(super) fn contents(body: &Value) -> &[Value] {
    body["contents"].as_array().map_or(&[][..], Vec::as_slice)
}

pub(super) fn parts(content: &Value) -> std::slice::Iter<'_, Value> {
    let parts = content["parts"].as_array();
    parts.map_or(&[][..], Vec::as_slice).iter()
}

/// The text of a content, results of tools included.
fn text(content: &Value) -> String {
    let texts = parts(content).filter_map(|part| match &part["functionResponse"]["response"] {
        Value::Null => part["text"].as_str().map(str::to_owned),
        response => Some(said(response)),
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn said(response: &Value) -> String {
    let wrapped = ["result", "error"]
        .iter()
        .find_map(|key| response.get(*key));
    match wrapped.unwrap_or(response) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

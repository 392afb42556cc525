//! Path and body of a request -> facts to match on.

use serde_json::Value;

use crate::testing::conversation::Conversation;

/// The model in the path and whether a stream is asked for; `None` for another path.
pub(super) fn target(path: &str) -> Option<(String, bool)> {
    let (model, operation) = path.strip_prefix("/model/")?.split_once('/')?;
    match operation {
        "converse" => Some((decoded(model), false)),
        "converse-stream" => Some((decoded(model), true)),
        _ => None,
    }
}

/// A segment of a path without its percent signs.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a body that was found well-formed; what is missing counts as empty.
pub(super) fn conversation(model: String, stream: bool, body: &Value) -> Conversation {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let of_model = messages.iter().filter(|it| it["role"] == "assistant");
    let results = messages
        .iter()
        .flat_map(blocks)
        .filter(|it| it.get("toolResult").is_some());
    Conversation {
        model,
        stream,
        system: text(&body["system"]),
        texts: messages
            .iter()
            .map(|message| text(&message["content"]))
            .collect(),
        tool_results: results.count(),
        assistant_messages: of_model.count(),
    }
}

/// The blocks of a message.
pub(super) fn blocks(message: &Value) -> std::slice::Iter<'_, Value> {
    message["content"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
}

/// The text of a list of blocks, and of the tool results among them.
fn text(content: &Value) -> String {
    let blocks = content.as_array().map_or(&[][..], Vec::as_slice).iter();
    let texts = blocks.map(|block| match block.get("toolResult") {
        Some(result) => text(&result["content"]),
        None if block.get("json").is_some() => block["json"].to_string(),
        None => block["text"].as_str().unwrap_or_default().to_owned(),
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_read_from_the_path() {
        let cases = [
            (
                "/model/a.b-v1%3A0/converse",
                Some(("a.b-v1:0".to_owned(), false)),
            ),
            (
                "/model/arn%2F%C3%BC/converse-stream",
                Some(("arn/\u{fc}".to_owned(), true)),
            ),
            ("/model/x/invoke", None),
            ("/v1/messages", None),
        ];
        for (path, expected) in cases {
            assert_eq!(target(path), expected);
        }
    }
}

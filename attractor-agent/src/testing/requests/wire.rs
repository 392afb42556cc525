//! The request bodies of four protocols -> the items they say, each with its bytes; pure.

use std::collections::BTreeMap;

use attractor_llm::testing::RecordedRequest;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// A request's conversation as it was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) model: String,
    pub(super) system: String,
    pub(super) tools: String,
    pub(super) items: Vec<Item>,
}

/// The smallest piece that a conversation grows by.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) side: Side,
    pub(super) what: What,
    /// Its bytes, with the role that it stands under.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Model,
    User,
}

#[derive(Debug)]
pub(super) enum What {
    Call(String),
    Result(String),
    Other,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The conversation of a request; nothing for one that isn't about a conversation.
pub(super) fn read(request: &RecordedRequest) -> Result<Option<Sent>, String> {
    let path = request.path.as_str();
    let read: fn(&Fields<'_>) -> Result<Vec<Item>, String> = if path.ends_with("/messages") {
        |body| grouped(body, "messages", "content", messages_item)
    } else if path.ends_with("/responses") {
        |body| flat(body, "input", responses_item)
    } else if path.ends_with("/chat/completions") {
        chat
    } else if path.contains("enerateContent") {
        |body| grouped(body, "contents", "parts", gemini_item)
    } else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&request.raw).map_err(|error| error.to_string())?;
    let body: Fields<'_> = parse(text)?;
    let named = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| body.get(*name));
        found.map_or_else(String::new, |raw| unmarked(raw.get()))
    };
    Ok(Some(Sent {
        model: match body.get("model") {
            Some(model) => model.get().to_owned(),
            None => request.path.clone(),
        },
        system: named(["system", "instructions"])
            + &named(["systemInstruction", "system_instruction"]),
        tools: named(["tools", "tools"]),
        items: read(&body)?,
    }))
}

/// Without the marks of Anthropic's cache, which move on from request to request.
fn unmarked(text: &str) -> String {
    const MARK: &str = "\"cache_control\":{";
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some(start) = rest.find(MARK) {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        let (before, after) = (&rest[..start], &rest[start + length + 1..]);
        match (before.strip_suffix(','), after.strip_prefix(',')) {
            (Some(before), _) => {
                clean.push_str(before);
                rest = after;
            }
            (None, after_comma) => {
                clean.push_str(before);
                rest = after_comma.unwrap_or(after);
            }
        }
    }
    clean + rest
}

/// Messages that each hold a list of parts under a role.
fn grouped(
    body: &Fields<'_>,
    list: &str,
    parts: &str,
    item: fn(&str, &Value, usize) -> What,
) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for message in elements(body, list)? {
        let message: Fields<'_> = parse(message.get())?;
        let role: String = parse(message.get("role").map_or("\"user\"", |role| role.get()))?;
        let side = match role.as_str() {
            "assistant" | "model" => Side::Model,
            _ => Side::User,
        };
        let content = message.get(parts).map_or("[]", |content| content.get());
        let parts: Vec<&RawValue> = match content.starts_with('[') {
            true => parse(content)?,
            false => vec![parse(content)?],
        };
        // A provider without ids tells calls of one message apart by their order.
        let mut number = 0;
        for part in parts {
            let value: Value = parse(part.get())?;
            let what = item(&role, &value, number);
            number += usize::from(!matches!(what, What::Other));
            let text = format!("{role}: {}", unmarked(part.get()));
            items.push(Item { side, what, text });
        }
    }
    Ok(items)
}

fn flat(
    body: &Fields<'_>,
    list: &str,
    item: fn(&Value) -> (Side, What),
) -> Result<Vec<Item>, String> {
    let each = |raw: &&RawValue| {
        let (side, what) = item(&parse::<Value>(raw.get())?);
        let text = raw.get().to_owned();
        Ok(Item { side, what, text })
    };
    elements(body, list)?.iter().map(each).collect()
}

fn messages_item(_: &str, block: &Value, _: usize) -> What {
    match block["type"].as_str() {
        Some("tool_use") => What::Call(text(&block["id"])),
        Some("tool_result") => What::Result(text(&block["tool_use_id"])),
        _ => What::Other,
    }
}

fn gemini_item(_: &str, part: &Value, number: usize) -> What {
    let id = |call: &Value| match call["id"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{} {number}", text(&call["name"])),
    };
    match (part.get("functionCall"), part.get("functionResponse")) {
        (Some(call), _) => What::Call(id(call)),
        (_, Some(result)) => What::Result(id(result)),
        _ => What::Other,
    }
}

fn responses_item(item: &Value) -> (Side, What) {
    let id = || text(&item["call_id"]);
    match (item["type"].as_str(), item["role"].as_str()) {
        (Some("function_call" | "custom_tool_call"), _) => (Side::Model, What::Call(id())),
        (Some("function_call_output" | "custom_tool_call_output"), _) => {
            (Side::User, What::Result(id()))
        }
        (_, Some("user" | "system" | "developer")) => (Side::User, What::Other),
        _ => (Side::Model, What::Other),
    }
}

/// A message of the model's may hold several calls.
fn chat(body: &Fields<'_>) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    for raw in elements(body, "messages")? {
        let message: Value = parse(raw.get())?;
        let (side, what) = match message["role"].as_str() {
            Some("assistant") => (Side::Model, What::Other),
            Some("tool") => (Side::User, What::Result(text(&message["tool_call_id"]))),
            _ => (Side::User, What::Other),
        };
        let text_of = raw.get().to_owned();
        items.push(Item {
            side,
            what,
            text: text_of,
        });
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let id = text(&call["id"]);
            items.push(Item {
                side,
                text: id.clone(),
                what: What::Call(id),
            });
        }
    }
    Ok(items)
}

fn elements<'a>(body: &Fields<'a>, list: &str) -> Result<Vec<&'a RawValue>, String> {
    match body.get(list) {
        Some(raw) => parse(raw.get()),
        None => Err(format!("it has no {list}")),
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_cache_leave_no_trace() {
        let mark = r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#;
        for marked in [
            format!(r#"{{{mark},"text":"a"}}"#),
            format!(r#"{{"text":"a",{mark}}}"#),
        ] {
            assert_eq!(unmarked(&marked), r#"{"text":"a"}"#);
        }
        let between = format!(r#"{{"text":"a",{mark},"type":"b"}}"#);
        assert_eq!(unmarked(&between), r#"{"text":"a","type":"b"}"#);
    }
}

//! A message of the API -> the parts of an answer; pure.
//!
//! Whatever order a service puts them in: reasoning, text, media, calls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{details, kept};
use crate::handoff::ToolCallIds;
use crate::provider::protocol::Asked;
use crate::types::{
    AudioData, ContentPart, ImageData, Origin, OtherData, TextData, ThinkingData, ToolCall,
    ToolCallData,
};

/// The fields that reasoning comes in.
pub(super) const REASONING_FIELDS: [&str; 2] = ["reasoning_content", "reasoning"];

/// The parts of a message.
pub(super) fn parts(message: &Value, asked: &Asked) -> Vec<ContentPart> {
    let mut parts = reasoning(message, asked);
    content(message, asked, &mut parts);
    if let Some(refusal) = filled(&message["refusal"]) {
        let mut data = TextData::new(refusal);
        data.provider_metadata = kept::keep(asked, "refusal", true);
        parts.push(ContentPart::Text(data));
    }
    parts.extend(list(&message["images"]).filter_map(image));
    parts.extend(spoken(&message["audio"], asked));
    parts.extend(calls(message, asked));
    parts
}

fn reasoning(message: &Value, asked: &Asked) -> Vec<ContentPart> {
    let said = REASONING_FIELDS
        .iter()
        .find_map(|field| Some((*field, filled(&message[*field])?)));
    let details = message["reasoning_details"].as_array();
    let details = details.map_or(&[][..], Vec::as_slice);
    if !details.is_empty() {
        return details::parts(details, said, asked);
    }
    let Some((field, text)) = said else {
        return Vec::new();
    };
    let mut data = thinking(text, asked);
    data.provider_metadata = kept::keep(asked, "field", field);
    vec![ContentPart::Thinking(data)]
}

/// Reasoning of the model that was asked.
pub(super) fn thinking(text: &str, asked: &Asked) -> ThinkingData {
    ThinkingData::new(text).origin(Origin::new(&asked.provider, &asked.model))
}

fn content(message: &Value, asked: &Asked, parts: &mut Vec<ContentPart>) {
    match &message["content"] {
        Value::Null => {}
        Value::String(content) => parts.extend(text(content, message, asked)),
        Value::Array(chunks) => {
            let chunks = chunks.iter().filter_map(|it| chunk(it, message, asked));
            parts.extend(chunks);
        }
        // Some services parse what was asked for as JSON.
        other => parts.extend(text(&other.to_string(), message, asked)),
    }
}

fn text(content: &str, message: &Value, asked: &Asked) -> Option<ContentPart> {
    if content.is_empty() {
        return None;
    }
    let mut data = TextData::new(content);
    data.provider_metadata = kept::keep(asked, "annotations", message["annotations"].clone());
    Some(ContentPart::Text(data))
}

/// A chunk of a content that is a list, as Mistral's is.
pub(super) fn chunk(chunk: &Value, message: &Value, asked: &Asked) -> Option<ContentPart> {
    let other = |kind: &str| {
        let data = OtherData::new(kind, &asked.provider, chunk.clone());
        Some(ContentPart::Other(data))
    };
    match chunk["type"].as_str() {
        _ if chunk.is_string() => text(chunk.as_str()?, message, asked),
        Some("text" | "output_text") | None => match chunk["text"].as_str() {
            Some(said) => text(said, message, asked),
            None => other("content"),
        },
        Some("thinking") => {
            let mut data = thinking(&thought(chunk), asked);
            data.signature = filled(&chunk["signature"]).map(str::to_owned);
            data.provider_metadata = kept::keep(asked, "chunk", chunk.clone());
            Some(ContentPart::Thinking(data))
        }
        Some("image_url") => image(chunk).or_else(|| other("image_url")),
        Some(kind) => other(kind),
    }
}

/// The text of a chunk of thinking: a text, or a list of chunks of text.
pub(super) fn thought(chunk: &Value) -> String {
    match &chunk["thinking"] {
        Value::String(text) => text.clone(),
        chunks => list(chunks).filter_map(|it| it["text"].as_str()).collect(),
    }
}

/// An image that the model made.
fn image(part: &Value) -> Option<ContentPart> {
    let url = filled(&part["image_url"]["url"]).or_else(|| filled(&part["image_url"]))?;
    let inline = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    let decoded = inline.and_then(|(kind, data)| Some((kind, STANDARD.decode(data).ok()?)));
    Some(ContentPart::Image(match decoded {
        Some((media_type, bytes)) => ImageData::from_bytes(bytes, media_type),
        None => ImageData::from_url(url),
    }))
}

/// What the model spoke; its words are its text.
fn spoken(audio: &Value, asked: &Asked) -> Vec<ContentPart> {
    let Some(id) = filled(&audio["id"]) else {
        return Vec::new();
    };
    let data = filled(&audio["data"]).and_then(|data| STANDARD.decode(data).ok());
    let recording = AudioData {
        data: Some(Bytes::from(data.unwrap_or_default())),
        provider_metadata: kept::keep(asked, "audio", id),
        ..AudioData::default()
    };
    let words = filled(&audio["transcript"]).map(ContentPart::text);
    words
        .into_iter()
        .chain([ContentPart::Audio(recording)])
        .collect()
}

fn calls(message: &Value, asked: &Asked) -> Vec<ContentPart> {
    let calls = list(&message["tool_calls"]).enumerate();
    let mut calls: Vec<ContentPart> = calls.map(|(at, call)| tool_call(call, at, asked)).collect();
    // The form from before there were several calls.
    let function = &message["function_call"];
    if calls.is_empty() && filled(&function["name"]).is_some() {
        calls.push(tool_call(&json!({"function": function}), 0, asked));
    }
    calls
}

/// The call at a place, which names it where the service doesn't.
fn tool_call(raw: &Value, place: usize, asked: &Asked) -> ContentPart {
    let id = filled(&raw["id"]).map_or_else(|| id_of(place), str::to_owned);
    let custom = filled(&raw["custom"]["name"]);
    let mut data = match custom.filter(|_| filled(&raw["function"]["name"]).is_none()) {
        Some(name) => {
            let input = raw["custom"]["input"].as_str().unwrap_or_default();
            let mut data = ToolCallData::new(id, name, input.into());
            data.raw_arguments = Some(input.to_owned());
            "custom".clone_into(&mut data.call_type);
            data
        }
        None => function(id, &raw["function"]),
    };
    let known = ["id", "type", "function", "custom", "index"];
    let fields = raw.as_object().into_iter().flatten();
    let beside = fields.filter(|(key, value)| !known.contains(&key.as_str()) && !value.is_null());
    let mut beside: Map<String, Value> =
        beside.map(|(key, it)| (key.clone(), it.clone())).collect();
    // Some models expect their ids back as they made them, which other services wouldn't take.
    let own = filled(&raw["id"]).filter(|id| !ToolCallIds::default().accepts(id));
    beside.extend(own.map(|id| ("id".to_owned(), id.into())));
    data.provider_metadata = kept::keep(asked, "call", beside);
    ContentPart::ToolCall(data)
}

/// The id of a call without one.
pub(super) fn id_of(place: usize) -> String {
    format!("call_{place}")
}

fn function(id: String, function: &Value) -> ToolCallData {
    let name = function["name"].as_str().unwrap_or_default();
    let call = match &function["arguments"] {
        Value::Object(arguments) => {
            let mut call = ToolCall::new(id, name, Value::Object(arguments.clone()));
            call.raw_arguments = Some(function["arguments"].to_string());
            call
        }
        arguments => ToolCall::parse(id, name, arguments.as_str().unwrap_or_default()),
    };
    ToolCallData::from(call)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text that says something.
pub(super) fn filled(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

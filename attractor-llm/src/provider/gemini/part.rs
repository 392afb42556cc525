//! One part of a message -> the API's parts; pure.

use serde_json::{Map, Value, json};

use super::blob::Blob;
use super::kept::{self, SIGNATURE};
use crate::error::Error;
use crate::types::{ContentPart, TextData, ThinkingData, ToolCallData, ToolResultData};

/// The API's part of what the user or the model says; `None` for what has no place there.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for what the API can't take.
pub(super) fn part(part: &ContentPart, provider: &str) -> Result<Option<Value>, Error> {
    let (mut value, metadata) = match part {
        ContentPart::Text(data) => return Ok(text(data, provider)),
        ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => {
            (thought(data), &data.provider_metadata)
        }
        ContentPart::Image(data) => (Blob::from(data).part()?, &data.provider_metadata),
        ContentPart::Audio(data) => (Blob::from(data).part()?, &data.provider_metadata),
        ContentPart::Document(data) => (Blob::from(data).part()?, &data.provider_metadata),
        ContentPart::ToolCall(data) => (function_call(data), &data.provider_metadata),
        ContentPart::Other(data) => {
            return Ok((data.provider == provider).then(|| data.raw.clone()));
        }
        // A result stands in the user's turn, under the name of its tool.
        ContentPart::ToolResult(_) => return Ok(None),
    };
    kept::restore(&mut value, metadata.as_ref(), provider);
    Ok(Some(value))
}

/// An empty text says nothing, unless it carries a signature.
fn text(data: &TextData, provider: &str) -> Option<Value> {
    let mut value = json!({"text": data.text});
    kept::restore(&mut value, data.provider_metadata.as_ref(), provider);
    (!data.text.is_empty() || !value[SIGNATURE].is_null()).then_some(value)
}

fn thought(data: &ThinkingData) -> Value {
    let mut value = json!({"text": data.text, "thought": true});
    let signature = data.signature.as_deref();
    if let Some(signature) = signature.filter(|signature| !signature.is_empty()) {
        value[SIGNATURE] = signature.into();
    }
    value
}

fn function_call(data: &ToolCallData) -> Value {
    let args = match &data.arguments {
        Value::Object(arguments) => Value::Object(arguments.clone()),
        Value::Null => Value::Object(Map::new()),
        // A custom tool's free text: the API takes nothing but objects.
        other => json!({"input": other}),
    };
    json!({"functionCall": {"id": data.id, "name": data.name, "args": args}})
}

/// What a tool answered, and the media that can't stand within it.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for an image that is neither an
/// address nor data.
pub(super) fn function_response(
    data: &ToolResultData,
    name: &str,
    media_within: bool,
) -> Result<(Value, Option<Value>), Error> {
    let response = match (&data.content, data.is_error) {
        (Value::Object(fields), false) => Value::Object(fields.clone()),
        (Value::Null, true) => json!({"error": "the tool failed without saying why"}),
        (Value::String(text), true) if text.trim().is_empty() => {
            json!({"error": "the tool failed without saying why"})
        }
        (Value::Null, false) => json!({"result": ""}),
        (content, true) => json!({"error": content}),
        (content, false) => json!({"result": content}),
    };
    let mut answer = json!({
        "id": data.tool_call_id, "name": name, "response": response,
    });
    let mut beside = None;
    if let Some(image) = &data.image {
        let image = Blob::from(image).part()?;
        // Within a result the API takes bytes only.
        if media_within && image.get("inlineData").is_some() {
            answer["parts"] = json!([image]);
        } else {
            beside = Some(image);
        }
    }
    Ok((json!({"functionResponse": answer}), beside))
}

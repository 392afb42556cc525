//! One part of a message -> one content block; pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind};
use crate::types::{
    ContentPart, DocumentData, ImageData, ProviderMetadata, ThinkingData, ToolCallData,
    ToolResultData,
};

/// The block of a part; `None` for what has no place in this conversation.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for what the API can't take.
pub(super) fn block(part: &ContentPart, provider: &str) -> Result<Option<Value>, Error> {
    let with = |block: Value, metadata: &Option<ProviderMetadata>| {
        Ok(Some(with_metadata(block, metadata.as_ref(), provider)))
    };
    match part {
        // The API rejects a text block without text.
        ContentPart::Text(data) if data.text.trim().is_empty() => Ok(None),
        ContentPart::Text(data) => with(
            json!({"type": "text", "text": data.text}),
            &data.provider_metadata,
        ),
        ContentPart::Image(data) => with(image(data)?, &data.provider_metadata),
        ContentPart::Document(data) => with(document(data)?, &data.provider_metadata),
        ContentPart::ToolCall(data) => with(tool_use(data), &data.provider_metadata),
        ContentPart::ToolResult(data) => with(tool_result(data)?, &data.provider_metadata),
        ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => match thinking(data) {
            Some(block) => with(block, &data.provider_metadata),
            None => Ok(None),
        },
        ContentPart::Other(data) => Ok((data.provider == provider).then(|| data.raw.clone())),
        ContentPart::Audio(_) => Err(invalid("the Messages API takes no audio")),
    }
}

/// Reasoning without its signature is rejected.
fn thinking(data: &ThinkingData) -> Option<Value> {
    let signature = data
        .signature
        .as_deref()
        .filter(|signature| !signature.is_empty())?;
    Some(if data.redacted {
        json!({"type": "redacted_thinking", "data": signature})
    } else {
        json!({"type": "thinking", "thinking": data.text, "signature": signature})
    })
}

fn tool_use(data: &ToolCallData) -> Value {
    let input = match &data.arguments {
        Value::Object(arguments) => Value::Object(arguments.clone()),
        Value::Null => Value::Object(Map::new()),
        // A custom tool's free text: the API takes nothing but objects.
        other => json!({"input": other}),
    };
    json!({"type": "tool_use", "id": data.id, "name": data.name, "input": input})
}

fn tool_result(data: &ToolResultData) -> Result<Value, Error> {
    let mut text = match &data.content {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        structured => structured.to_string(),
    };
    if text.trim().is_empty() && data.is_error {
        // An error without content is rejected.
        "the tool failed without saying why".clone_into(&mut text);
    }
    let mut block = json!({"type": "tool_result", "tool_use_id": data.tool_call_id});
    if data.is_error {
        block["is_error"] = true.into();
    }
    let text = (!text.trim().is_empty()).then_some(text);
    match (&data.image, text) {
        (None, None) => {}
        (None, Some(text)) => block["content"] = text.into(),
        (Some(picture), text) => {
            let text = text.map(|text| json!({"type": "text", "text": text}));
            block["content"] = text.into_iter().chain([image(picture)?]).collect();
        }
    }
    Ok(block)
}

fn image(data: &ImageData) -> Result<Value, Error> {
    let media_type = data.media_type.as_deref().unwrap_or("image/png");
    let source = source("image", data.url.as_deref(), data.data.as_ref(), media_type)?;
    Ok(json!({"type": "image", "source": source}))
}

fn document(data: &DocumentData) -> Result<Value, Error> {
    let media_type = data.media_type.as_deref().unwrap_or("application/pdf");
    let source = match &data.data {
        Some(bytes) if media_type.starts_with("text/") => {
            let text = String::from_utf8_lossy(bytes);
            json!({"type": "text", "media_type": "text/plain", "data": text})
        }
        bytes => source("document", data.url.as_deref(), bytes.as_ref(), media_type)?,
    };
    let mut block = json!({"type": "document", "source": source});
    if let Some(file_name) = &data.file_name {
        block["title"] = file_name.as_str().into();
    }
    Ok(block)
}

fn source(
    what: &str,
    url: Option<&str>,
    data: Option<&Bytes>,
    media_type: &str,
) -> Result<Value, Error> {
    match (url, data) {
        (None, Some(bytes)) => {
            Ok(json!({"type": "base64", "media_type": media_type, "data": STANDARD.encode(bytes)}))
        }
        (Some(url), None) => Ok(match data_uri(url) {
            Some((media_type, data)) => {
                json!({"type": "base64", "media_type": media_type, "data": data})
            }
            None => json!({"type": "url", "url": url}),
        }),
        _ => Err(invalid(&format!("the {what} needs either a URL or data"))),
    }
}

fn data_uri(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    Some((head.strip_suffix(";base64")?, data))
}

fn with_metadata(mut block: Value, metadata: Option<&ProviderMetadata>, provider: &str) -> Value {
    let own = metadata
        .and_then(|metadata| metadata.get(provider))
        .and_then(Value::as_object);
    if let (Some(own), Some(block)) = (own, block.as_object_mut()) {
        for (key, value) in own {
            block.entry(key.as_str()).or_insert_with(|| value.clone());
        }
    }
    block
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

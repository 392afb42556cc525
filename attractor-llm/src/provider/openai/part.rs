//! One part of what the user or a tool says -> one content part; pure.

use serde_json::{Value, json};

use super::item::{Kept, Target};
use crate::error::{Error, ErrorKind};
use crate::provider::media::{data_uri, file_name};
use crate::provider::tool_output;
use crate::types::{ContentPart, DocumentData, ImageData, ProviderMetadata, ToolResultData};

/// The content part of a part; `None` for what has no place in the user's turn.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for what the API can't take.
pub(super) fn content(part: &ContentPart, target: Target<'_>) -> Result<Option<Value>, Error> {
    match part {
        ContentPart::Text(data) if data.text.is_empty() => Ok(None),
        ContentPart::Text(data) => Ok(Some(json!({"type": "input_text", "text": data.text}))),
        ContentPart::Image(data) => image(data, target).map(Some),
        ContentPart::Document(data) => document(data, target).map(Some),
        ContentPart::Audio(_) => Err(invalid("the Responses API takes no audio")),
        _ => Ok(None),
    }
}

/// What a tool answered: a text, or a text and an image.
///
/// The API has no mark for a failure, so the text begins with the word.
pub(super) fn output(data: &ToolResultData, target: Target<'_>) -> Result<Value, Error> {
    let text = tool_output::text(data);
    let Some(picture) = &data.image else {
        return Ok(text.into());
    };
    let text = (!text.is_empty()).then(|| json!({"type": "input_text", "text": text}));
    Ok(text.into_iter().chain([image(picture, target)?]).collect())
}

fn image(data: &ImageData, target: Target<'_>) -> Result<Value, Error> {
    let mut part = with_given("input_image", data.provider_metadata.as_ref(), target);
    let media_type = data.media_type.as_deref().unwrap_or("image/png");
    match (&data.url, &data.data) {
        (None, Some(bytes)) => part["image_url"] = data_uri(media_type, bytes).into(),
        (Some(url), None) => part["image_url"] = url.as_str().into(),
        (None, None) if part["file_id"].is_string() => {}
        _ => return Err(invalid("the image needs either a URL or data")),
    }
    if let Some(detail) = &data.detail {
        part["detail"] = detail.as_str().into();
    }
    Ok(part)
}

fn document(data: &DocumentData, target: Target<'_>) -> Result<Value, Error> {
    let mut part = with_given("input_file", data.provider_metadata.as_ref(), target);
    let media_type = data.media_type.as_deref().unwrap_or("application/pdf");
    match (&data.url, &data.data) {
        (None, Some(bytes)) => inline(&mut part, data, data_uri(media_type, bytes)),
        (Some(url), None) if url.starts_with("data:") => inline(&mut part, data, url.clone()),
        // The API takes no name beside an address.
        (Some(url), None) => part["file_url"] = url.as_str().into(),
        (None, None) if part["file_id"].is_string() => {}
        _ => return Err(invalid("the document needs either a URL or data")),
    }
    Ok(part)
}

fn inline(part: &mut Value, data: &DocumentData, uri: String) {
    // The name is required, and its end tells what the file is.
    part["filename"] = file_name(data, &uri).into();
    part["file_data"] = uri.into();
}

fn with_given(kind: &str, metadata: Option<&ProviderMetadata>, target: Target<'_>) -> Value {
    let mut part = json!({"type": kind});
    for (key, value) in Kept::of(metadata, target).given() {
        part[key] = value.clone();
    }
    part
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

//! One part of what the user says -> one content part; pure.

use serde_json::{Value, json};

use super::compat::{Compat, Documents};
use super::kept;
use crate::error::{Error, ErrorKind};
use crate::provider::media::{data_uri, file_name};
use crate::types::{AudioData, ContentPart, DocumentData, ImageData, ProviderMetadata};

/// The content part of a part; `None` for what has no place in the user's turn.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for what the service can't take.
pub(super) fn content(
    part: &ContentPart,
    provider: &str,
    compat: &Compat,
) -> Result<Option<Value>, Error> {
    match part {
        ContentPart::Text(data) if data.text.is_empty() => Ok(None),
        ContentPart::Text(data) => {
            let part = json!({"type": "text", "text": data.text});
            Ok(Some(with_given(part, &data.provider_metadata, provider)))
        }
        ContentPart::Image(_) if !compat.images => Err(refused("images")),
        ContentPart::Image(data) => image(data, provider).map(Some),
        ContentPart::Document(data) => document(data, provider, compat).map(Some),
        ContentPart::Audio(_) if !compat.audio => Err(refused("recordings")),
        ContentPart::Audio(data) => audio(data, provider).map(Some),
        ContentPart::Other(data) if data.provider == provider => Ok(Some(data.raw.clone())),
        _ => Ok(None),
    }
}

/// An image by address or inline.
pub(super) fn image(data: &ImageData, provider: &str) -> Result<Value, Error> {
    let media_type = data.media_type.as_deref().unwrap_or("image/png");
    let url = match (&data.url, &data.data) {
        (None, Some(bytes)) => data_uri(media_type, bytes),
        (Some(url), None) => url.clone(),
        _ => return Err(invalid("the image needs either a URL or data")),
    };
    let mut image = json!({"url": url});
    if let Some(detail) = &data.detail {
        image["detail"] = detail.as_str().into();
    }
    let part = json!({"type": "image_url", "image_url": image});
    Ok(with_given(part, &data.provider_metadata, provider))
}

fn audio(data: &AudioData, provider: &str) -> Result<Value, Error> {
    let Some(bytes) = &data.data else {
        return Err(invalid("a recording is sent inline: it needs data"));
    };
    let media_type = data.media_type.as_deref().unwrap_or("audio/wav");
    let kind = media_type.rsplit('/').next().unwrap_or_default();
    let format = match kind {
        "mpeg" | "mp3" | "mpeg3" => "mp3",
        "wav" | "x-wav" | "wave" | "vnd.wave" => "wav",
        "mp4" | "x-m4a" => "m4a",
        other => other,
    };
    let uri = data_uri(media_type, bytes);
    let (_, encoded) = uri.split_once(',').unwrap_or_default();
    let part = json!({"type": "input_audio", "input_audio": {"data": encoded, "format": format}});
    Ok(with_given(part, &data.provider_metadata, provider))
}

fn document(data: &DocumentData, provider: &str, compat: &Compat) -> Result<Value, Error> {
    let given = kept::of(&data.provider_metadata, provider);
    if let Some(id) = given.and_then(|given| given.text("file_id")) {
        return Ok(json!({"type": "file", "file": {"file_id": id}}));
    }
    let media_type = data.media_type.as_deref().unwrap_or("application/pdf");
    if let Some(bytes) = data.data.as_ref().filter(|_| is_text(media_type))
        && compat.documents != Documents::InlineOrUrl
    {
        // What is text needs no reader of documents.
        let name = data.file_name.as_deref().unwrap_or("document");
        let text = String::from_utf8_lossy(bytes);
        return Ok(json!({"type": "text", "text": format!("{name}:\n{text}")}));
    }
    let url = match (&data.url, &data.data) {
        (None, Some(bytes)) => data_uri(media_type, bytes),
        (Some(url), None) => url.clone(),
        _ => return Err(invalid("the document needs either a URL or data")),
    };
    match compat.documents {
        Documents::Text => Err(refused("documents other than text")),
        Documents::DocumentUrl => Ok(json!({"type": "document_url", "document_url": url})),
        Documents::Inline if !url.starts_with("data:") => {
            Err(invalid("the service takes documents inline only"))
        }
        Documents::Inline | Documents::InlineOrUrl => {
            let file = json!({"filename": file_name(data, &url), "file_data": url});
            Ok(json!({"type": "file", "file": file}))
        }
    }
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/") || matches!(media_type, "application/json" | "application/xml")
}

/// The part with what the caller put there in the API's own words.
fn with_given(mut part: Value, metadata: &Option<ProviderMetadata>, provider: &str) -> Value {
    let given = kept::of(metadata, provider).map(kept::Kept::all);
    for (key, value) in given.into_iter().flatten() {
        part[key] = value.clone();
    }
    part
}

fn refused(what: &str) -> Error {
    invalid(&format!("the service doesn't take {what}"))
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

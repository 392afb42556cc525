//! Images, documents and recordings -> content blocks; pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};
use crate::types::{AudioData, DocumentData, ImageData};

/// The longest name of a document that the API takes.
const MAX_NAME_CHARS: usize = 200;

/// The block of an image.
pub(super) fn image(data: &ImageData) -> Result<Value, Error> {
    let (given, source) = source("image", data.url.as_deref(), data.data.as_ref())?;
    let media_type = given.or(data.media_type.as_deref()).unwrap_or("image/png");
    let format = match media_type {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        other => {
            return Err(invalid(format!(
                "Bedrock takes no images of the type {other}"
            )));
        }
    };
    Ok(json!({"image": {"format": format, "source": source}}))
}

/// The block of a document; its name is given by `name`.
pub(super) fn document(data: &DocumentData, name: &str) -> Result<Value, Error> {
    let (given, source) = source("document", data.url.as_deref(), data.data.as_ref())?;
    let media_type = given
        .or(data.media_type.as_deref())
        .unwrap_or("application/pdf");
    let format = match media_type {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/markdown" => "md",
        text if text.starts_with("text/") || text == "application/json" => "txt",
        other => {
            return Err(invalid(format!(
                "Bedrock takes no documents of the type {other}"
            )));
        }
    };
    Ok(json!({"document": {"format": format, "name": name, "source": source}}))
}

/// The block of a recording.
pub(super) fn audio(data: &AudioData) -> Result<Value, Error> {
    let (given, source) = source("recording", data.url.as_deref(), data.data.as_ref())?;
    let media_type = given.or(data.media_type.as_deref()).unwrap_or("audio/wav");
    let format = match media_type.strip_prefix("audio/").unwrap_or(media_type) {
        "mpeg" => "mp3",
        "x-wav" | "wave" | "vnd.wave" => "wav",
        "x-m4a" => "m4a",
        "x-aac" => "aac",
        "x-flac" => "flac",
        other => other,
    };
    Ok(json!({"audio": {"format": format, "source": source}}))
}

/// A document's name in the characters that the API takes.
pub(super) fn document_name(data: &DocumentData) -> String {
    let given = data.file_name.as_deref().unwrap_or("document");
    let stem = given.rsplit_once('.').map_or(given, |(stem, _)| stem);
    let allowed = |c: char| c.is_ascii_alphanumeric() || " -()[]".contains(c);
    let named: String = stem
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    let words: Vec<&str> = named.split_whitespace().collect();
    let name: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    if name.is_empty() {
        "document".to_owned()
    } else {
        name
    }
}

/// Where the bytes are, and the media type that the address tells.
fn source<'a>(
    what: &str,
    url: Option<&'a str>,
    data: Option<&Bytes>,
) -> Result<(Option<&'a str>, Value), Error> {
    match (url, data) {
        (None, Some(bytes)) => Ok((None, json!({"bytes": STANDARD.encode(bytes)}))),
        (Some(url), None) if url.starts_with("s3://") => {
            Ok((None, json!({"s3Location": {"uri": url}})))
        }
        (Some(url), None) => match data_uri(url) {
            Some((media_type, bytes)) => Ok((Some(media_type), json!({"bytes": bytes}))),
            None => Err(invalid(format!(
                "Bedrock takes a {what} as bytes or from S3, not from {url}"
            ))),
        },
        _ => Err(invalid(format!("the {what} needs either a URL or data"))),
    }
}

fn data_uri(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    Some((head.strip_suffix(";base64")?, data))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

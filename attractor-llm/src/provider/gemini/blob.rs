//! Images, recordings and documents -> the API's parts, and back; pure.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use serde_json::{Value, json};

use super::kept;
use crate::error::{Error, ErrorKind};
use crate::provider::protocol::Asked;
use crate::types::{AudioData, ContentPart, DocumentData, ImageData, OtherData};

/// Bytes or an address, and what they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blob<'a> {
    what: &'static str,
    url: Option<&'a str>,
    data: Option<&'a Bytes>,
    media_type: Option<&'a str>,
    /// What is assumed of data without a type.
    default: &'static str,
    name: Option<&'a str>,
}

impl<'a> From<&'a ImageData> for Blob<'a> {
    fn from(image: &'a ImageData) -> Self {
        Self {
            what: "image",
            url: image.url.as_deref(),
            data: image.data.as_ref(),
            media_type: image.media_type.as_deref(),
            default: "image/png",
            name: None,
        }
    }
}

impl<'a> From<&'a AudioData> for Blob<'a> {
    fn from(audio: &'a AudioData) -> Self {
        Self {
            what: "recording",
            url: audio.url.as_deref(),
            data: audio.data.as_ref(),
            media_type: audio.media_type.as_deref(),
            default: "audio/wav",
            name: None,
        }
    }
}

impl<'a> From<&'a DocumentData> for Blob<'a> {
    fn from(document: &'a DocumentData) -> Self {
        Self {
            what: "document",
            url: document.url.as_deref(),
            data: document.data.as_ref(),
            media_type: document.media_type.as_deref(),
            default: "application/pdf",
            name: document.file_name.as_deref(),
        }
    }
}

impl Blob<'_> {
    /// The API's part.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] for neither or both of an address and data.
    pub(super) fn part(self) -> Result<Value, Error> {
        match (self.url, self.data) {
            (None, Some(bytes)) => Ok(inline(
                self.media_type.unwrap_or(self.default),
                STANDARD.encode(bytes),
            )),
            (Some(url), None) => Ok(match data_uri(url) {
                Some((media_type, data)) => inline(media_type, data.to_owned()),
                None => {
                    let media_type = self
                        .media_type
                        .or_else(|| told(url))
                        .unwrap_or(self.default);
                    json!({"fileData": {"mimeType": media_type, "fileUri": url}})
                }
            }),
            _ => {
                let message = format!("the {} needs either a URL or data", self.what);
                Err(Error::new(ErrorKind::InvalidRequest, message))
            }
        }
    }

    /// The name that the model is told before what it names.
    pub(super) fn name(self) -> Option<Value> {
        let name = self.name.filter(|name| !name.is_empty())?;
        Some(json!({"text": format!("[{name}]")}))
    }
}

fn inline(media_type: &str, data: String) -> Value {
    json!({"inlineData": {"mimeType": media_type, "data": data}})
}

fn data_uri(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    Some((head.strip_suffix(";base64")?, data))
}

/// The type that the end of an address tells.
fn told(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    if path.contains("youtube.com/watch") || path.contains("youtu.be/") {
        return Some("video/mp4");
    }
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" => "text/html",
        _ => return None,
    })
}

/// The unified part of bytes in an answer; what isn't base64 is kept as it is.
pub(super) fn from_answer(part: &Value, asked: &Asked) -> ContentPart {
    let blob = &part["inlineData"];
    let media_type = blob["mimeType"].as_str().unwrap_or_default();
    let decode = |text: &str| {
        STANDARD
            .decode(text)
            .or_else(|_| URL_SAFE.decode(text))
            .ok()
    };
    let data = blob["data"].as_str().and_then(decode);
    // What the model drew while it thought isn't part of its answer.
    let (Some(data), false) = (data, part["thought"] == true) else {
        return ContentPart::Other(OtherData::new("inlineData", &asked.provider, part.clone()));
    };
    let metadata = kept::keep(part, "inlineData", asked);
    let kind = media_type.split('/').next().unwrap_or_default();
    match kind {
        "image" => {
            let mut image = ImageData::from_bytes(data, media_type);
            image.provider_metadata = metadata;
            ContentPart::Image(image)
        }
        "audio" => {
            let mut audio = AudioData::from_bytes(data, media_type);
            audio.provider_metadata = metadata;
            ContentPart::Audio(audio)
        }
        _ => {
            let mut document = DocumentData::from_bytes(data, media_type);
            document.provider_metadata = metadata;
            ContentPart::Document(document)
        }
    }
}

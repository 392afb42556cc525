//! Media inline, as the APIs of OpenAI and its like take them; pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::types::DocumentData;

/// The bytes as a `data:` URI.
pub(crate) fn data_uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// The document's name; where it has none, one whose end tells what the `data:` URI holds.
pub(crate) fn file_name(data: &DocumentData, uri: &str) -> String {
    data.file_name.clone().unwrap_or_else(|| {
        let media_type = uri.strip_prefix("data:").unwrap_or_default();
        let media_type = media_type.split([';', ',']).next().unwrap_or_default();
        format!("document.{}", extension(media_type))
    })
}

fn extension(media_type: &str) -> &str {
    match media_type {
        "text/plain" => "txt",
        "text/markdown" => "md",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        other => match other.rsplit_once('/') {
            Some((_, kind)) if kind.chars().all(|c| c.is_ascii_alphanumeric()) => kind,
            _ => "pdf",
        },
    }
}

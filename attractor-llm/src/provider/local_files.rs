//! Images and documents given by a local path are read and sent inline.
//!
//! Source: unified-llm-spec 3.5.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::env;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_INLINE_FILE_BYTES;
use crate::types::{ContentPart, ImageData, Request};

/// Puts the bytes of local files in place of their paths.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] when a file can't be read or is too large.
pub(crate) async fn inline(request: &mut Request) -> Result<(), Error> {
    let may_name_a_file = |part: &ContentPart| match part {
        ContentPart::Image(_) | ContentPart::Document(_) => true,
        ContentPart::ToolResult(result) => result.image.is_some(),
        _ => false,
    };
    // Changing a message copies what other conversations share.
    let messages = request
        .messages
        .iter_mut()
        .filter(|message| message.content.iter().any(may_name_a_file));
    for part in messages.flat_map(|message| &mut message.content) {
        match part {
            ContentPart::Image(image) => inline_image(image).await?,
            ContentPart::ToolResult(result) => {
                if let Some(image) = &mut result.image {
                    inline_image(image).await?;
                }
            }
            ContentPart::Document(document) => {
                if let Some((path, data)) = read(document.url.as_deref()).await? {
                    document
                        .media_type
                        .get_or_insert_with(|| media_type(&path).to_owned());
                    document.file_name = document.file_name.take().or_else(|| file_name(&path));
                    (document.url, document.data) = (None, Some(data));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn inline_image(image: &mut ImageData) -> Result<(), Error> {
    if let Some((path, data)) = read(image.url.as_deref()).await? {
        image
            .media_type
            .get_or_insert_with(|| media_type(&path).to_owned());
        (image.url, image.data) = (None, Some(data));
    }
    Ok(())
}

async fn read(url: Option<&str>) -> Result<Option<(PathBuf, Bytes)>, Error> {
    let Some(path) = url.and_then(local_path) else {
        return Ok(None);
    };
    let fail = |reason: String| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("can't send {}: {reason}", path.display()),
        )
    };
    let metadata = tokio::fs::metadata(&path)
        .await
        .map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > MAX_INLINE_FILE_BYTES {
        return Err(fail(format!(
            "it isn't a file of at most {MAX_INLINE_FILE_BYTES} bytes"
        )));
    }
    let data = tokio::fs::read(&path)
        .await
        .map_err(|error| fail(error.to_string()))?;
    Ok(Some((path, Bytes::from(data))))
}

fn local_path(url: &str) -> Option<PathBuf> {
    if let Some(rest) = url.strip_prefix("~/") {
        return Some(env::home()?.join(rest));
    }
    let local = ["/", "./", "../"]
        .iter()
        .any(|prefix| url.starts_with(prefix));
    (local && !url.starts_with("//")).then(|| PathBuf::from(url))
}

fn file_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn media_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_lowercase();
    match extension.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" | "md" | "csv" | "json" | "xml" | "html" => "text/plain",
        _ => "application/octet-stream",
    }
}

//! Images, recordings and documents that a model can't take, replaced by notes; pure.

use serde_json::Value;

use super::Target;
use super::change::{Change, Changes};
use crate::types::{ContentPart, ImageData, Message, ToolResultData};

/// The longest address that a note repeats.
const MAX_ADDRESS_CHARS: usize = 200;

/// Puts a note in the place of each part that the model can't take.
pub(super) fn replace(messages: &mut [Message], target: &Target<'_>, changes: &mut Changes) {
    if target.images && target.audio && target.documents {
        return;
    }
    // Changing a message copies what other conversations share.
    let refused = messages.iter_mut().filter(|message| {
        let mut parts = message.content.iter();
        parts.any(|part| note(part, target).is_some())
    });
    for part in refused.flat_map(|message| &mut message.content) {
        let Some(note) = note(part, target) else {
            continue;
        };
        if let ContentPart::ToolResult(data) = part {
            changes.add(Change::Media, format!("image of {}", data.tool_call_id));
            without_image(data, note);
        } else {
            changes.add(Change::Media, part.kind().to_string());
            *part = ContentPart::text(note);
        }
    }
}

/// What is said in the place of a part that the model can't take; nothing for one that it can.
fn note(part: &ContentPart, target: &Target<'_>) -> Option<String> {
    let (is_taken, what, name) = match part {
        ContentPart::Image(data) => (target.images, "image", address(data)),
        ContentPart::Audio(data) => (
            target.audio,
            "recording",
            data.url.as_deref().and_then(shown),
        ),
        ContentPart::Document(data) => {
            let url = data.url.as_deref().and_then(shown);
            let name = data.file_name.as_deref().or(url);
            (target.documents, "document", name)
        }
        ContentPart::ToolResult(data) => (target.images, "image", address(data.image.as_ref()?)),
        _ => return None,
    };
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    (!is_taken).then(|| format!("[{what}{name} left out: this model can't take it]"))
}

fn without_image(data: &mut ToolResultData, note: String) {
    data.image = None;
    let text = match data.content.take() {
        Value::Null => note,
        Value::String(text) if text.trim().is_empty() => note,
        Value::String(text) => format!("{text}\n{note}"),
        structured => format!("{structured}\n{note}"),
    };
    data.content = Value::String(text);
}

fn address(image: &ImageData) -> Option<&str> {
    shown(image.url.as_deref()?)
}

/// An address that says something.
fn shown(url: &str) -> Option<&str> {
    (!url.starts_with("data:") && url.len() <= MAX_ADDRESS_CHARS).then_some(url)
}

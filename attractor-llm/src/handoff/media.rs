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
    let is_taken = |part: &ContentPart| match part {
        ContentPart::Image(_) => target.images,
        ContentPart::Audio(_) => target.audio,
        ContentPart::Document(_) => target.documents,
        ContentPart::ToolResult(data) => target.images || data.image.is_none(),
        _ => true,
    };
    // Changing a message copies what other conversations share.
    let refused = messages
        .iter_mut()
        .filter(|message| !message.content.iter().all(is_taken));
    for part in refused.flat_map(|message| &mut message.content) {
        let note = match part {
            ContentPart::Image(data) if !target.images => note("image", address(data)),
            ContentPart::Audio(data) if !target.audio => {
                note("recording", data.url.as_deref().and_then(shown))
            }
            ContentPart::Document(data) if !target.documents => {
                let url = data.url.as_deref().and_then(shown);
                note("document", data.file_name.as_deref().or(url))
            }
            ContentPart::ToolResult(data) if !target.images => {
                without_image(data, changes);
                continue;
            }
            _ => continue,
        };
        changes.add(Change::Media, part.kind().to_string());
        *part = ContentPart::text(note);
    }
}

fn without_image(data: &mut ToolResultData, changes: &mut Changes) {
    let Some(image) = data.image.take() else {
        return;
    };
    changes.add(Change::Media, format!("image of {}", data.tool_call_id));
    let note = note("image", address(&image));
    let text = match data.content.take() {
        Value::Null => note,
        Value::String(text) if text.trim().is_empty() => note,
        Value::String(text) => format!("{text}\n{note}"),
        structured => format!("{structured}\n{note}"),
    };
    data.content = Value::String(text);
}

fn note(what: &str, name: Option<&str>) -> String {
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    format!("[{what}{name} left out: this model can't take it]")
}

fn address(image: &ImageData) -> Option<&str> {
    shown(image.url.as_deref()?)
}

/// An address that says something.
fn shown(url: &str) -> Option<&str> {
    (!url.starts_with("data:") && url.len() <= MAX_ADDRESS_CHARS).then_some(url)
}

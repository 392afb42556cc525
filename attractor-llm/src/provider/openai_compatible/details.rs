//! `reasoning_details`: reasoning with signatures, summaries of it and encrypted reasoning; pure.

use serde_json::Value;

use super::kept;
use super::parts::{filled, thinking};
use crate::provider::protocol::Asked;
use crate::types::ContentPart;

/// Fields whose text grows while a detail is being streamed.
const GROWING: [&str; 2] = ["text", "summary"];

/// The readable text of a detail.
pub(super) fn text(detail: &Value) -> Option<&str> {
    GROWING.iter().find_map(|key| detail[*key].as_str())
}

/// The parts of the details, and of the text that the service told beside them in a field of its own.
///
/// Where the two say the same, each detail is a part; else the text is one, and keeps the details
/// that can be read.
pub(super) fn parts(
    details: &[Value],
    said: Option<(&str, &str)>,
    asked: &Asked,
) -> Vec<ContentPart> {
    let Some((field, said)) = said else {
        return details.iter().map(|detail| part(detail, asked)).collect();
    };
    let told: String = details.iter().filter_map(text).collect();
    if said == told {
        let parts = details.iter().map(|detail| part(detail, asked));
        return parts.map(|part| beside(part, field, asked)).collect();
    }
    let (readable, opaque): (Vec<&Value>, Vec<&Value>) =
        details.iter().partition(|detail| text(detail).is_some());
    let mut data = thinking(said, asked);
    data.signature = readable
        .iter()
        .find_map(|it| signature(it))
        .map(str::to_owned);
    let details: Vec<Value> = readable.into_iter().cloned().collect();
    data.provider_metadata = kept::keep(asked, "field", field);
    if !details.is_empty() {
        data.provider_metadata = kept::and(data.provider_metadata, asked, "details", details);
    }
    let opaque = opaque.into_iter().map(|detail| part(detail, asked));
    [ContentPart::Thinking(data)]
        .into_iter()
        .chain(opaque)
        .collect()
}

/// The part, which came in a field as well.
fn beside(part: ContentPart, field: &str, asked: &Asked) -> ContentPart {
    match part {
        ContentPart::Thinking(mut data) => {
            data.provider_metadata = kept::and(data.provider_metadata, asked, "field", field);
            ContentPart::Thinking(data)
        }
        other => other,
    }
}

/// The part of a detail.
pub(super) fn part(detail: &Value, asked: &Asked) -> ContentPart {
    let text = text(detail);
    let mut data = thinking(text.unwrap_or_default(), asked);
    data.provider_metadata = kept::keep(asked, "details", vec![detail.clone()]);
    if text.is_some() {
        data.signature = signature(detail).map(str::to_owned);
        return ContentPart::Thinking(data);
    }
    data.signature = filled(&detail["data"]).map(str::to_owned);
    data.redacted = true;
    ContentPart::RedactedThinking(data)
}

fn signature(detail: &Value) -> Option<&str> {
    filled(&detail["signature"])
}

/// Adds a piece from a stream to the details so far; returns the place of the detail it belongs to.
///
/// A piece goes on where the last detail has its type and number; encrypted reasoning always comes
/// whole.
pub(super) fn grow(details: &mut Vec<Value>, piece: Value) -> usize {
    let goes_on = |last: &Value| {
        let same = |key: &str| {
            let (old, new) = (&last[key], &piece[key]);
            old == new || old.is_null() || new.is_null()
        };
        piece["type"] == last["type"]
            && text(&piece).is_some() | signature(&piece).is_some()
            && text(last).is_some()
            && same("index")
            && same("id")
    };
    if details.last().is_none_or(|last| !goes_on(last)) {
        details.push(piece);
        return details.len() - 1;
    }
    let place = details.len() - 1;
    let (Value::Object(last), Value::Object(piece)) = (&mut details[place], piece) else {
        return place;
    };
    for (key, value) in piece {
        match (last.get_mut(&key), value) {
            (Some(Value::String(old)), Value::String(new)) if GROWING.contains(&key.as_str()) => {
                old.push_str(&new);
            }
            (_, Value::Null) => {}
            (_, value) => {
                last.insert(key, value);
            }
        }
    }
    place
}

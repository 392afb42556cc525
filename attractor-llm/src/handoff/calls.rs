//! Tool calls that no provider would take back, repaired; pure.

use serde_json::{Map, Value, json};

use super::change::{Change, Changes};
use crate::types::{ContentPart, Message, ToolCall, ToolCallData};

/// The longest tool name that any provider accepts.
const MAX_NAME_CHARS: usize = 128;

/// Gives each call a name and arguments that can be sent.
pub(super) fn repair(messages: &mut [Message], changes: &mut Changes) {
    let is_good = |part: &ContentPart| match part {
        ContentPart::ToolCall(call) => has_good_name(call) && has_good_arguments(call),
        _ => true,
    };
    // Changing a message copies what other conversations share.
    let broken = messages
        .iter_mut()
        .filter(|message| !message.content.iter().all(is_good));
    for part in broken.flat_map(|message| &mut message.content) {
        if let ContentPart::ToolCall(call) = part {
            repair_name(call, changes);
            repair_arguments(call, changes);
        }
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn has_good_name(call: &ToolCallData) -> bool {
    // What is attached tells that a provider took this name.
    call.provider_metadata.is_some() && !call.name.is_empty()
        || (1..=MAX_NAME_CHARS).contains(&call.name.len()) && call.name.chars().all(is_allowed)
}

/// Whether the arguments are an object, and the provider's spelling of them can be trusted.
fn has_good_arguments(call: &ToolCallData) -> bool {
    let broken = call.invalid.is_some() && call.raw_arguments.is_some();
    is_object(call) && !broken
}

fn is_object(call: &ToolCallData) -> bool {
    call.call_type == "custom" || call.arguments.is_object()
}

fn repair_name(call: &mut ToolCallData, changes: &mut Changes) {
    if has_good_name(call) {
        return;
    }
    let name: String = match call.name.trim() {
        "" => "unnamed_tool".to_owned(),
        name => {
            let chars = name.chars().take(MAX_NAME_CHARS);
            chars.map(|c| if is_allowed(c) { c } else { '_' }).collect()
        }
    };
    changes.add(Change::Name, format!("{:?} to {name}", call.name));
    call.name = name;
}

/// The arguments become an object; what the provider spelt goes where it can't be trusted.
fn repair_arguments(call: &mut ToolCallData, changes: &mut Changes) {
    if has_good_arguments(call) {
        return;
    }
    changes.add(Change::Arguments, call.id.as_str());
    call.raw_arguments = None;
    if is_object(call) {
        return;
    }
    call.arguments = match call.arguments.take() {
        Value::Null => Value::Object(Map::new()),
        _ if call.invalid.is_some() => Value::Object(Map::new()),
        Value::String(text) => {
            let parsed = ToolCall::parse("", "", text.as_str());
            match parsed.invalid {
                None => parsed.arguments,
                Some(_) => json!({"input": text}),
            }
        }
        other => json!({"input": other}),
    };
}

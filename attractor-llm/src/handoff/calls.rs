//! Tool calls that no provider would take back, repaired; pure.

use serde_json::{Map, Value, json};

use super::change::{Change, Changes};
use crate::types::{ContentPart, Message, ToolCall, ToolCallData};

/// The longest tool name that any provider accepts.
const MAX_NAME_CHARS: usize = 128;

/// Gives each call a name and arguments that can be sent.
pub(super) fn repair(messages: &mut [Message], changes: &mut Changes) {
    for part in messages.iter_mut().flat_map(|message| &mut message.content) {
        if let ContentPart::ToolCall(call) = part {
            repair_name(call, changes);
            repair_arguments(call, changes);
        }
    }
}

fn repair_name(call: &mut ToolCallData, changes: &mut Changes) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    // What is attached tells that a provider took this name.
    if call.provider_metadata.is_some() && !call.name.is_empty()
        || (1..=MAX_NAME_CHARS).contains(&call.name.len()) && call.name.chars().all(allowed)
    {
        return;
    }
    let name: String = match call.name.trim() {
        "" => "unnamed_tool".to_owned(),
        name => {
            let chars = name.chars().take(MAX_NAME_CHARS);
            chars.map(|c| if allowed(c) { c } else { '_' }).collect()
        }
    };
    changes.add(Change::Name, format!("{:?} to {name}", call.name));
    call.name = name;
}

/// The arguments become an object; what the provider spelt goes where it can't be trusted.
fn repair_arguments(call: &mut ToolCallData, changes: &mut Changes) {
    let broken = call.invalid.is_some() && call.raw_arguments.is_some();
    let object = call.call_type == "custom" || call.arguments.is_object();
    if object && !broken {
        return;
    }
    changes.add(Change::Arguments, call.id.as_str());
    call.raw_arguments = None;
    if object {
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

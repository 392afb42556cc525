//! The caller's own parameters of the API, laid over the body; pure.

use serde_json::{Map, Value};

use super::compat::Compat;
use crate::types::Warning;

/// Options that are for the adapter; every other option goes into the body.
const OWN_OPTIONS: &[&str] = &["auto_cache", "compat", "strict_tools"];

/// Options whose fields are merged one by one; any other replaces the whole.
const MERGED_OPTIONS: &[&str] = &[
    "chat_template_kwargs",
    "metadata",
    "reasoning",
    "stream_options",
    "thinking",
];

/// Options that stand beside what is there already.
const JOINED_OPTIONS: &[&str] = &["tools"];

/// Lays the options over the body; `null` takes a field away.
pub(super) fn merge(
    body: &mut Map<String, Value>,
    options: &Map<String, Value>,
    compat: &Compat,
    warnings: &mut Vec<Warning>,
) {
    for (key, value) in options {
        let is = |list: &[&str]| list.contains(&key.as_str());
        if is(OWN_OPTIONS) {
            continue;
        }
        if key == "parallel_tool_calls"
            && !(compat.parallel_tool_calls && body.contains_key("tools"))
        {
            if !compat.parallel_tool_calls {
                let text = "the service doesn't take parallel_tool_calls";
                warnings.push(Warning::new("parallel_tool_calls_dropped", text));
            }
            continue;
        }
        match (body.get_mut(key), value) {
            (_, Value::Null) => {
                body.remove(key);
            }
            (Some(Value::Object(have)), Value::Object(more)) if is(MERGED_OPTIONS) => {
                have.extend(more.clone());
            }
            (Some(Value::Array(have)), Value::Array(more)) if is(JOINED_OPTIONS) => {
                have.extend(more.iter().cloned());
            }
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Whether the arguments of this tool are to fit its schema exactly.
pub(super) fn is_strict(options: &Map<String, Value>, tool: &str) -> bool {
    match options.get("strict_tools") {
        Some(Value::Bool(all)) => *all,
        Some(Value::Array(names)) => names.iter().any(|name| name == tool),
        _ => false,
    }
}

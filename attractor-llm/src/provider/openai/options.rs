//! The caller's own parameters of the API, laid over the body; pure.

use serde_json::{Map, Value};

/// Options that are for the adapter; every other option goes into the body.
const OWN_OPTIONS: &[&str] = &["beta_headers", "strict_tools"];

/// Options whose fields are merged one by one; any other replaces the whole.
const MERGED_OPTIONS: &[&str] = &["metadata", "reasoning", "text"];

/// Options that stand beside what is there already.
const JOINED_OPTIONS: &[&str] = &["include", "tools"];

/// Lays the options over the body; `null` takes a field away.
pub(super) fn merge(body: &mut Map<String, Value>, options: &Map<String, Value>) {
    for (key, value) in options {
        let is = |list: &[&str]| list.contains(&key.as_str());
        if is(OWN_OPTIONS) {
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
                for one in more {
                    if !have.contains(one) {
                        have.push(one.clone());
                    }
                }
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

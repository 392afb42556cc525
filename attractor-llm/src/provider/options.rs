//! The caller's own parameters of an API, laid over the body; pure.

use serde_json::{Map, Value};

use super::fields::Fields;

/// How the options of an adapter are laid over a body.
#[derive(Debug)]
pub(crate) struct Options {
    /// For the adapter; every other option goes into the body.
    pub(crate) own: &'static [&'static str],
    /// Whose fields are merged one by one; any other replaces the whole.
    pub(crate) merged: &'static [&'static str],
    /// Which stand beside what is there already.
    pub(crate) joined: &'static [&'static str],
}

impl Options {
    /// Lays the options over the body; `null` takes a field away.
    pub(crate) fn merge(&self, body: &mut Fields, options: &Map<String, Value>) {
        for (key, value) in options {
            let is = |list: &[&str]| list.contains(&key.as_str());
            if is(self.own) {
                continue;
            }
            match (body.get_mut(key), value) {
                (_, Value::Null) => {
                    body.remove(key);
                }
                (Some(Value::Object(have)), Value::Object(more)) if is(self.merged) => {
                    have.extend(more.clone());
                }
                (Some(Value::Array(have)), Value::Array(more)) if is(self.joined) => {
                    for one in more {
                        if !have.contains(one) {
                            have.push(one.clone());
                        }
                    }
                }
                _ => {
                    body.set(key.clone(), value.clone());
                }
            }
        }
    }
}

/// Whether the arguments of this tool are to fit its schema exactly.
pub(crate) fn is_strict(options: &Map<String, Value>, tool: &str) -> bool {
    match options.get("strict_tools") {
        Some(Value::Bool(all)) => *all,
        Some(Value::Array(names)) => names.iter().any(|name| name == tool),
        _ => false,
    }
}

use std::borrow::Cow;
use std::mem;

use serde_json::{Map, Value};

use super::Scrubber;

/// Takes the values out of all texts of a JSON value. Numbers stay: a program reads them.
pub(super) fn scrub(scrubber: &Scrubber, value: &mut Value) {
    match value {
        Value::String(text) => scrub_text(scrubber, text),
        Value::Array(items) => {
            for item in items {
                scrub(scrubber, item);
            }
        }
        Value::Object(fields) => scrub_fields(scrubber, fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn scrub_text(scrubber: &Scrubber, text: &mut String) {
    if let Cow::Owned(scrubbed) = scrubber.text(text) {
        *text = scrubbed;
    }
}

fn scrub_fields(scrubber: &Scrubber, fields: &mut Map<String, Value>) {
    let is_named_by_a_secret = |name: &String| matches!(scrubber.text(name), Cow::Owned(_));
    if fields.keys().any(is_named_by_a_secret) {
        let renamed = mem::take(fields).into_iter();
        *fields = renamed
            .map(|(name, value)| (scrubber.text(&name).into_owned(), value))
            .collect();
    }
    for (_, field) in fields.iter_mut() {
        scrub(scrubber, field);
    }
}

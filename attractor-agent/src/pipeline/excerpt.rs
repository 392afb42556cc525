//! What of a tool call is worth keeping in a run's journal: enough to be read later, never a whole log.

use serde_json::Value;

use crate::limits::{ARGUMENT_CHARS, ARGUMENT_VALUES, OUTPUT_EXCERPT_CHARS};

/// The arguments of a call with long texts cut short; nothing where there are too many values.
pub(super) fn arguments(mut arguments: Value) -> Option<Value> {
    let mut left = ARGUMENT_VALUES;
    shorten(&mut arguments, &mut left).then_some(arguments)
}

/// Cuts every text; says whether there were few enough values.
fn shorten(value: &mut Value, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else {
        return false;
    };
    *left = rest;
    match value {
        Value::String(text) => {
            *text = cut(text, ARGUMENT_CHARS);
            true
        }
        Value::Array(items) => items.iter_mut().all(|item| shorten(item, left)),
        Value::Object(fields) => fields.values_mut().all(|field| shorten(field, left)),
        _ => true,
    }
}

/// A call's output with its middle cut out; nothing if it's one line, which the summary has.
pub(super) fn output(text: &str) -> Option<String> {
    let text = text.trim_end();
    let is_long = text.trim_start().lines().nth(1).is_some() || text.len() > ARGUMENT_CHARS;
    is_long.then(|| cut(text, OUTPUT_EXCERPT_CHARS))
}

/// The beginning and the end of a text that is too long.
fn cut(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    let at = |character: usize| {
        text.char_indices()
            .nth(character)
            .map_or(text.len(), |it| it.0)
    };
    let head = text.get(..at(max / 2)).unwrap_or_default();
    let tail = text.get(at(count - max / 2)..).unwrap_or_default();
    let missing = count - 2 * (max / 2);
    format!("{head}\n[… {missing} characters …]\n{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_texts_keep_both_ends() {
        let long = format!("a{}z", "ä".repeat(2 * ARGUMENT_CHARS));
        let kept = arguments(json!({"path": "x", "edits": [{"new": long}], "n": 3})).unwrap();
        assert_eq!((&kept["path"], &kept["n"]), (&json!("x"), &json!(3)));
        let text = kept["edits"][0]["new"].as_str().unwrap();
        assert!(text.starts_with('a') && text.ends_with('z'), "{text}");
        assert!(text.chars().count() < ARGUMENT_CHARS + 60);
        let many = Value::from(vec![1; ARGUMENT_VALUES]);
        assert_eq!(arguments(many), None);
    }

    #[test]
    fn a_line_that_the_summary_has_isnt_kept_twice() {
        assert_eq!(output("ok\n"), None);
        assert_eq!(output("a\nb\n").unwrap(), "a\nb");
        let long = output(&"x\n".repeat(OUTPUT_EXCERPT_CHARS)).unwrap();
        assert!(long.chars().count() < OUTPUT_EXCERPT_CHARS + 60);
    }
}

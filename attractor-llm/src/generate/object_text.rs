//! The JSON in what a model says; pure.

use serde_json::Value;

use crate::provider::json;

/// The JSON of a text: all of it, what a code fence holds, or what stands between its first and
/// its last bracket.
///
/// # Errors
///
/// The parser's error about the whole text.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    json::parse(text).or_else(|error| {
        let candidates = [fenced(text), bracketed(text)];
        let found = candidates.into_iter().flatten();
        found
            .filter_map(|candidate| json::parse(candidate).ok())
            .next()
            .ok_or(error)
    })
}

fn fenced(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("```")?;
    let (_, body) = after.split_once('\n')?;
    Some(body.rsplit_once("```").map_or(body, |(inside, _)| inside))
}

fn bracketed(text: &str) -> Option<&str> {
    let begin = text.find(['{', '['])?;
    let end = text.rfind(['}', ']'])?;
    text.get(begin..=end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_found_bare_fenced_or_within_prose() {
        let texts = [
            "{\"a\": 1}",
            " {\"a\": 1}\n",
            "```json\n{\"a\": 1}\n```",
            "Here it is:\n```\n{\"a\": 1}\n```\nAnything else?",
            "Sure! {\"a\": 1} That is all.",
        ];
        for text in texts {
            assert_eq!(parse(text).unwrap(), json!({"a": 1}), "{text}");
        }
        for text in ["", "no", "{\"a\": ", "}{"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! JSON as models and gateways write it.

use std::borrow::Cow;

use serde_json::Value;

/// Parses JSON; where strict parsing fails, once more with lone surrogates replaced and raw
/// control characters in strings escaped.
///
/// # Errors
///
/// The strict parser's error, when the text isn't JSON after that either.
pub(crate) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let repaired = repair(text);
        serde_json::from_str(&repaired).map_err(|_| error)
    })
}

/// The text of a body; what isn't UTF-8 is replaced. Checking first is faster where all is.
pub(crate) fn text(body: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

/// Whether JSON that [`parse`] takes would be taken by a strict parser too.
#[cfg(any(feature = "openai", feature = "openai-compatible", test))]
pub(crate) fn is_strict(text: &str) -> bool {
    let is_doubtful =
        text.contains("\\ud") || text.contains("\\uD") || text.bytes().any(|byte| byte < b' ');
    !is_doubtful || serde_json::from_str::<Value>(text).is_ok()
}

fn repair(text: &str) -> Cow<'_, str> {
    let mut repaired = String::with_capacity(text.len());
    let mut in_string = false;
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (piece, length) = match char {
            '\\' if in_string => escape(rest),
            '"' => {
                in_string = !in_string;
                (Cow::Borrowed("\""), 1)
            }
            control if in_string && control < ' ' => {
                (Cow::Owned(format!("\\u{:04x}", u32::from(control))), 1)
            }
            other => (Cow::Borrowed(&rest[..other.len_utf8()]), other.len_utf8()),
        };
        repaired.push_str(&piece);
        rest = &rest[length..];
    }
    Cow::Owned(repaired)
}

/// The escape that `text` begins with, mended, and its length.
fn escape(text: &str) -> (Cow<'_, str>, usize) {
    match unit(text) {
        Some(0xD800..=0xDBFF) if matches!(unit(&text[6..]), Some(0xDC00..=0xDFFF)) => {
            (Cow::Borrowed(&text[..12]), 12)
        }
        Some(0xD800..=0xDFFF) => (Cow::Borrowed("\\ufffd"), 6),
        Some(_) => (Cow::Borrowed(&text[..6]), 6),
        None => {
            let length = text.chars().take(2).map(char::len_utf8).sum();
            (Cow::Borrowed(&text[..length]), length)
        }
    }
}

/// The code unit of the `\uXXXX` that `text` begins with.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_kept() {
        let value = parse(r#"{"a":"\ud83d\ude00 \ud83d x \ude00 \\ud83d"}"#).unwrap();
        assert_eq!(value["a"], "\u{1f600} \u{fffd} x \u{fffd} \\ud83d");
    }

    #[test]
    fn text_that_had_to_be_mended_is_not_strict() {
        for text in [r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\u00e9"}"#, "{\n}", "{}"] {
            assert!(is_strict(text), "{text}");
        }
        for text in [r#"{"a":"\ud83d"}"#, r#"{"a":"\uDE00"}"#, "{\"a\":\"\n\"}"] {
            assert!(parse(text).is_ok() && !is_strict(text), "{text}");
        }
    }

    #[test]
    fn raw_control_characters_in_strings_are_kept() {
        assert_eq!(parse("{\"a\":\"x\ny\tz\"}").unwrap()["a"], "x\ny\tz");
    }

    #[test]
    fn what_is_cut_off_stays_an_error() {
        for text in ["{\"a\":\"\\u", "{\"a\":", "{\"a\":\"\\", "nonsense"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! Names and values: which are allowed, and what they say.

use std::borrow::Cow;

/// Words that begin a statement and so can't be ids.
const KEYWORDS: &[&str] = &["digraph", "edge", "graph", "node", "strict", "subgraph"];

/// Whether `text` is an identifier: a letter or `_`, then letters, digits and `_`, all ASCII.
pub(crate) fn is_identifier(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .first()
        .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Whether `text` is the name of an attribute: identifiers joined by dots.
pub(crate) fn is_key(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

pub(crate) fn is_keyword(text: &str) -> bool {
    KEYWORDS.contains(&text)
}

/// Whether `text` may stand without quotes as a value: a whole or decimal number, a duration, or
/// a word (which `true` and `false` are, too).
pub(crate) fn is_bare_value(text: &str) -> bool {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-'));
    is_word || is_number_or_duration(text.strip_prefix('-').unwrap_or(text))
}

fn is_number_or_duration(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => (whole.is_empty() || digits(whole)) && digits(fraction),
        None => {
            let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            digits(number) && matches!(&text[number.len()..], "" | "ms" | "s" | "m" | "h" | "d")
        }
    }
}

/// The text between quotes, with escapes resolved.
///
/// `\"`, `\\`, `\n` and `\t` are the language's own. A backslash at the end of a line joins the
/// lines, and any other stays as it is, both as in Graphviz: `\d` in a command reaches the shell.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut parts = raw.split('\\');
    text.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let (replacement, rest) = match part.as_bytes() {
            // Two backslashes: what follows the second is plain text.
            [] => {
                text.push('\\');
                text.push_str(parts.next().unwrap_or_default());
                continue;
            }
            [b'"', ..] => ("\"", &part[1..]),
            [b'n', ..] => ("\n", &part[1..]),
            [b't', ..] => ("\t", &part[1..]),
            [b'\n', ..] => ("", &part[1..]),
            [b'\r', b'\n', ..] => ("", &part[2..]),
            _ => ("\\", part),
        };
        text.push_str(replacement);
        text.push_str(rest);
    }
    Cow::Owned(text)
}

/// What to write between quotes, so that [`unescape`] gives `text` back.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['"', '\\', '\n', '\t']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_the_language_are_resolved_and_others_kept() {
        for (raw, text) in [
            (r#"say \"hi\""#, "say \"hi\""),
            (r"one\ntwo\tthree", "one\ntwo\tthree"),
            (r"back\\slash", r"back\slash"),
            (r"\\n is not a line end", r"\n is not a line end"),
            (r"grep '\d+' a\.b", r"grep '\d+' a\.b"),
            ("joined \\\nline", "joined line"),
            (r"\\", r"\"),
            (r"\\\\n", r"\\n"),
        ] {
            assert_eq!(unescape(raw), text, "{raw}");
            assert_eq!(unescape(&escape(text)), text);
        }
    }

    #[test]
    fn bare_values_are_words_numbers_and_durations() {
        for text in [
            "box",
            "claude-opus-4.6",
            "a:b",
            "0",
            "-1",
            "0.5",
            "-3.14",
            ".5",
            "250ms",
            "1d",
        ] {
            assert!(is_bare_value(text), "{text}");
        }
        for text in [
            "", "1.2.3", "12abc", "5 s", "-", "-abc", "1.5h", "naïve", "a/b", ".",
        ] {
            assert!(!is_bare_value(text), "{text}");
        }
    }
}

//! What a value of the wrong type may have been meant to be.

use super::value::AttrType;

/// Words for yes and no in other languages.
const TRUTHS: &[(&str, bool)] = &[
    ("1", true),
    ("yes", true),
    ("y", true),
    ("on", true),
    ("true", true),
    ("0", false),
    ("no", false),
    ("n", false),
    ("off", false),
    ("false", false),
];

/// Words for units of time in other languages.
const UNITS: &[(&str, &[&str])] = &[
    ("ms", &["millis", "msec", "millisecond"]),
    ("s", &["sec", "second"]),
    ("m", &["min", "minute"]),
    ("h", &["hr", "hour"]),
    ("d", &["day"]),
];

/// `text` as a value of the type, where it is plain what it says.
pub(super) fn meant(expected: AttrType, text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let meant = match expected {
        AttrType::Boolean => {
            let row = TRUTHS.iter().find(|row| row.0 == text);
            row.map(|row| row.1.to_string())
        }
        AttrType::Integer | AttrType::Count | AttrType::Float => Some(text),
        AttrType::Duration => duration(&text),
        AttrType::String => None,
    };
    meant.filter(|meant| expected.read(meant).is_some())
}

fn duration(text: &str) -> Option<String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, word) = text.split_at(digits);
    let word = word.trim();
    let single = word.strip_suffix('s').unwrap_or(word);
    let unit = UNITS
        .iter()
        .find(|(unit, words)| *unit == word || words.contains(&word) || words.contains(&single));
    unit.map(|(unit, _)| format!("{number}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_recognised_and_nothing_else() {
        for (expected, text, wanted) in [
            (AttrType::Boolean, "Yes", Some("true")),
            (AttrType::Boolean, "off", Some("false")),
            (AttrType::Boolean, "maybe", None),
            (AttrType::Duration, "5 min", Some("5m")),
            (AttrType::Duration, "30 Seconds", Some("30s")),
            (AttrType::Duration, "2 days", Some("2d")),
            (AttrType::Duration, "soon", None),
            (AttrType::Duration, "1.5h", None),
            (AttrType::Count, " 3 ", Some("3")),
            (AttrType::Count, "-1", None),
            (AttrType::Integer, "three", None),
        ] {
            assert_eq!(meant(expected, text).as_deref(), wanted, "{text}");
        }
    }
}

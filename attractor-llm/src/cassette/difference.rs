//! How one request differs from another, for people to read.

use std::fmt::Write as _;

use serde_json::Value;

use super::exchange::Sent;

/// Differences told in full; the rest is counted.
const TOLD: usize = 3;

/// Differences counted; beyond that two requests have nothing to do with each other.
const COUNTED: usize = 1_000;

/// Characters shown of a text: some before the first that differs and some after it.
const BEFORE: usize = 20;
const AFTER: usize = 60;

/// A place where two requests differ.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    place: String,
    recorded: String,
    sent: String,
}

/// Where `sent` differs from the recorded request; empty if nowhere.
pub(super) fn differences(recorded: &Sent, sent: &Sent) -> Vec<Difference> {
    let mut found = Vec::new();
    text("method", &recorded.method, &sent.method, &mut found);
    text("path", recorded.target(), sent.target(), &mut found);
    if recorded.content != sent.content {
        let (recorded, sent) = (recorded.content.to_value(), sent.content.to_value());
        compare("body", Some(&recorded), Some(&sent), &mut found);
    }
    found
}

/// The first differences, in words.
pub(super) fn describe(differences: &[Difference]) -> String {
    let mut text = String::new();
    for difference in differences.iter().take(TOLD) {
        let Difference {
            place,
            recorded,
            sent,
        } = difference;
        let separator = if text.is_empty() { "" } else { "; " };
        // Writing to a string can't fail.
        let _ = write!(text, "{separator}{place} was {recorded} and is {sent}");
    }
    match differences.len().saturating_sub(TOLD) {
        0 => text,
        1 => text + "; 1 more difference",
        more => format!("{text}; {more} more differences"),
    }
}

fn compare(
    place: &str,
    recorded: Option<&Value>,
    sent: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    if recorded == sent || found.len() >= COUNTED {
        return;
    }
    match (recorded, sent) {
        (Some(Value::Object(recorded)), Some(Value::Object(sent))) => {
            let only_sent = sent.keys().filter(|key| !recorded.contains_key(*key));
            for key in recorded.keys().chain(only_sent) {
                compare(
                    &format!("{place}.{key}"),
                    recorded.get(key),
                    sent.get(key),
                    found,
                );
            }
        }
        (Some(Value::Array(recorded)), Some(Value::Array(sent))) => {
            for index in 0..recorded.len().max(sent.len()) {
                let place = format!("{place}[{index}]");
                compare(&place, recorded.get(index), sent.get(index), found);
            }
        }
        (Some(Value::String(recorded)), Some(Value::String(sent))) => {
            text(place, recorded, sent, found);
        }
        _ => found.push(Difference {
            place: place.to_owned(),
            recorded: shown(recorded),
            sent: shown(sent),
        }),
    }
}

fn text(place: &str, recorded: &str, sent: &str, found: &mut Vec<Difference>) {
    if recorded == sent {
        return;
    }
    let same = recorded
        .chars()
        .zip(sent.chars())
        .take_while(|(a, b)| a == b)
        .count();
    found.push(Difference {
        place: place.to_owned(),
        recorded: excerpt(recorded, same),
        sent: excerpt(sent, same),
    });
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(
        || "absent".to_owned(),
        |value| shortened(&value.to_string(), 0),
    )
}

fn excerpt(text: &str, same: usize) -> String {
    format!("{:?}", shortened(text, same.saturating_sub(BEFORE)))
}

fn shortened(text: &str, from: usize) -> String {
    let mut chars = text.chars().skip(from);
    let kept: String = chars.by_ref().take(BEFORE + AFTER).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if chars.next().is_some() { "…" } else { "" };
    format!("{before}{kept}{after}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cassette::Content;

    fn sent(body: Value) -> Sent {
        Sent::post("https://a.b/v1/x", Content::Json(body))
    }

    fn described(recorded: Value, other: Value) -> String {
        describe(&differences(&sent(recorded), &sent(other)))
    }

    #[test]
    fn the_order_of_fields_and_the_host_make_no_difference() {
        let other = Sent::post("http://c/v1/x", Content::Json(json!({"b": [1], "a": 2})));
        assert_eq!(differences(&sent(json!({"a": 2, "b": [1]})), &other), []);
    }

    #[test]
    fn a_difference_says_where_it_is_and_what_was_there() {
        let recorded = json!({"a": [{"b": 1}, {"c": "one"}], "d": null});
        let other = json!({"a": [{"b": "1"}], "d": null, "e": true});
        let expected = "body.a[0].b was 1 and is \"1\"; body.a[1] was {\"c\":\"one\"} and is absent; \
                        body.e was absent and is true";
        assert_eq!(described(recorded, other), expected);
    }

    #[test]
    fn of_long_texts_the_part_that_differs_is_shown() {
        let long = |end: &str| json!("ü".repeat(500) + end + &"x".repeat(500));
        let expected = format!(
            "body was \"…{}a{}…\" and is \"…{}b{}…\"",
            "ü".repeat(20),
            "x".repeat(59),
            "ü".repeat(20),
            "x".repeat(59)
        );
        assert_eq!(described(long("a"), long("b")), expected);
    }

    #[test]
    fn what_is_beyond_a_few_is_counted() {
        let many = |value: i32| Value::from(vec![value; 10]);
        assert!(described(many(1), many(2)).ends_with("; 7 more differences"));
    }
}

//! [`Content`]: a body in the form that a person reads best.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of a request or a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Content {
    /// JSON.
    #[serde(rename = "body")]
    Json(Value),
    /// A stream of events: the text of each, with the blank line that ends it. In a row they are the
    /// body, byte for byte.
    #[serde(rename = "events")]
    Events(Vec<String>),
    /// Any other text.
    #[serde(rename = "text")]
    Text(String),
    /// Bytes that aren't text, in base64.
    #[serde(rename = "base64")]
    Base64(String),
}

impl Content {
    /// The content of a body that was sent with this content type.
    #[must_use]
    pub fn new(body: &[u8], content_type: Option<&str>) -> Self {
        let Ok(text) = std::str::from_utf8(body) else {
            return Self::Base64(STANDARD.encode(body));
        };
        if content_type.is_some_and(|it| it.contains("event-stream")) {
            return Self::Events(events(text));
        }
        match serde_json::from_str(text) {
            Ok(value) => Self::Json(value),
            Err(_) => Self::Text(text.to_owned()),
        }
    }

    /// The body, in the pieces that a server would send it in.
    ///
    /// Bytes that aren't the base64 they should be are left out; [`Cassette`](super::Cassette)
    /// refuses them when it is read.
    #[must_use]
    pub fn pieces(&self) -> Vec<Bytes> {
        match self {
            Self::Json(value) => vec![Bytes::from(value.to_string())],
            Self::Events(events) => events.iter().cloned().map(Bytes::from).collect(),
            Self::Text(text) => vec![Bytes::from(text.clone())],
            Self::Base64(text) => vec![Bytes::from(STANDARD.decode(text).unwrap_or_default())],
        }
    }

    /// Whether it can be turned into bytes.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Base64(text) => STANDARD.decode(text).is_ok(),
            _ => true,
        }
    }

    /// As a value that another one is compared with.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Events(events) => events.clone().into(),
            Self::Text(text) | Self::Base64(text) => text.clone().into(),
        }
    }
}

/// Cuts a stream after each blank line; nothing is lost or added.
fn events(text: &str) -> Vec<String> {
    let mut events = Vec::new();
    let (mut begin, mut at, mut line_begin) = (0, 0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let ending = match (bytes[at], bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => 2,
            (b'\r' | b'\n', _) => 1,
            _ => {
                at += 1;
                continue;
            }
        };
        let blank = at == line_begin && at > begin;
        at += ending;
        line_begin = at;
        if blank {
            events.push(text[begin..at].to_owned());
            begin = at;
        }
    }
    if begin < text.len() {
        events.push(text[begin..].to_owned());
    }
    events
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_kept_in_its_most_readable_form() {
        let stream = Some("text/event-stream; charset=utf-8");
        let cases: [(&[u8], Option<&str>, Value); 5] = [
            (b"{\"a\": 1}", None, json!({"body": {"a": 1}})),
            (b"<html>", Some("text/html"), json!({"text": "<html>"})),
            (b"", None, json!({"text": ""})),
            (b"\xff", None, json!({"base64": "/w=="})),
            (
                b"data: 1\n\ndata: 2",
                stream,
                json!({"events": ["data: 1\n\n", "data: 2"]}),
            ),
        ];
        for (body, content_type, expected) in cases {
            let content = Content::new(body, content_type);
            assert_eq!(serde_json::to_value(&content).unwrap(), expected);
        }
    }

    #[test]
    fn every_line_ending_ends_an_event() {
        let text = ": hi\r\n\r\nevent: a\rdata: 1\r\rdata: 2\n\n\ndata: 3";
        let expected = [
            ": hi\r\n\r\n",
            "event: a\rdata: 1\r\r",
            "data: 2\n\n",
            "\ndata: 3",
        ];
        assert_eq!(events(text), expected);
    }

    proptest! {
        #[test]
        fn the_events_of_a_stream_are_the_stream(text in "[a\r\n]{0,40}") {
            prop_assert_eq!(events(&text).concat(), text);
        }
    }
}

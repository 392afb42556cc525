//! Recordings in another common form, as cassettes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::cassette::{Cassette, Content, Exchange, Outcome, Reply, Sent};
use crate::error::{Error, ErrorKind};

/// What is read of a recording: its exchanges, with bodies as text.
#[derive(Deserialize)]
struct Recording {
    exchanges: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    request: RecordedSent,
    response: RecordedReply,
}

#[derive(Deserialize)]
struct RecordedSent {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

#[derive(Deserialize)]
struct RecordedReply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    #[serde(default)]
    stream: bool,
}

/// The cassette of a recording whose `exchanges` have a `request` (`method`, `url`, `headers`,
/// `body`) and a `response` (`status`, `headers`, `body` as text, `stream`), as normalised recordings
/// of other projects' tests do. A stream whose headers don't say so becomes one.
///
/// ```
/// use attractor_llm::testing::cassette_from_recording;
/// use serde_json::json;
///
/// let request = json!({"method": "POST", "url": "https://a.b/c", "headers": {}, "body": {}});
/// let response = json!({"status": 200, "headers": {}, "body": "data: 1\n\n", "stream": true});
/// let recording = json!({"exchanges": [{"request": request, "response": response}]});
/// assert_eq!(cassette_from_recording(recording)?.exchanges.len(), 1);
/// # Ok::<(), attractor_llm::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Configuration`] when the value has another form.
pub fn cassette_from_recording(recording: Value) -> Result<Cassette, Error> {
    let recording: Recording = serde_json::from_value(recording).map_err(|error| {
        Error::new(
            ErrorKind::Configuration,
            format!("it isn't a recording: {error}"),
        )
    })?;
    Ok(Cassette::new(
        recording.exchanges.into_iter().map(exchange).collect(),
    ))
}

fn exchange(recorded: Recorded) -> Exchange {
    let Recorded { request, response } = recorded;
    let content = match request.body {
        Value::String(text) => Content::new(text.as_bytes(), None),
        value => Content::Json(value),
    };
    let mut sent = Sent::post(request.url, content);
    sent.method = request.method;
    sent.headers = request.headers;
    let mut headers = response.headers;
    if response.stream && response.status == 200 && !is_said(&headers) {
        headers.insert("content-type".to_owned(), "text/event-stream".to_owned());
    }
    let content = Content::new(response.body.as_bytes(), content_type(&headers));
    Exchange::new(
        sent,
        Outcome::Reply(Reply::new(response.status, headers, content)),
    )
}

fn content_type(headers: &BTreeMap<String, String>) -> Option<&str> {
    let mut named = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    named.next().map(|(_, value)| value.as_str())
}

fn is_said(headers: &BTreeMap<String, String>) -> bool {
    content_type(headers).is_some()
}

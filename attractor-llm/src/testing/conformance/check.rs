//! What trials are made of: requests, streams taken apart, and checks with words.

use std::fmt::Debug;

use futures::StreamExt;
use serde_json::{Value, json};

use super::{Harness, Subject};
use crate::error::{Error, ErrorKind};
use crate::testing::limits::MAX_TRIAL_EVENTS;
use crate::testing::script::{Script, Turn};
use crate::types::{EventStream, Message, Request, Response, StreamEvent, ToolDefinition};

/// The result of a trial: what was expected and what happened instead.
pub(super) type Outcome = Result<(), String>;

pub(super) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(message()) }
}

pub(super) fn ensure_eq<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Outcome {
    ensure(found == expected, || {
        format!("{what} is {found:?}, not {expected:?}")
    })
}

/// A fresh adapter for these turns.
pub(super) async fn start<const N: usize>(
    harness: &dyn Harness,
    turns: [Turn; N],
) -> Result<Subject, String> {
    let script: Script = turns.into_iter().collect();
    harness
        .start(script)
        .await
        .map_err(|error| format!("no adapter: {error}"))
}

/// A request with one message of the user.
pub(super) fn ask(harness: &dyn Harness, text: &str) -> Request {
    request(harness, vec![Message::user(text)])
}

pub(super) fn request(harness: &dyn Harness, messages: Vec<Message>) -> Request {
    Request::new(harness.model(), messages).max_tokens(256)
}

/// The tool that the trials offer.
pub(super) fn list_tool(name: &str) -> Result<ToolDefinition, String> {
    let parameters = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    ToolDefinition::new(name, "Lists a directory.", parameters).map_err(|error| error.to_string())
}

pub(super) async fn complete(subject: &Subject, request: Request) -> Result<Response, String> {
    let response = subject.adapter().complete(request).await;
    response.map_err(|error| format!("complete failed: {error:?}"))
}

/// A stream taken to its end.
#[derive(Debug)]
pub(super) struct Streamed {
    pub(super) events: Vec<StreamEvent>,
    pub(super) error: Option<Error>,
}

/// Streams to the end, whether that is good or an error.
pub(super) async fn stream(subject: &Subject, request: Request) -> Result<Streamed, String> {
    let stream = subject.adapter().stream(request).await;
    collect(stream.map_err(|error| format!("stream failed before its first event: {error:?}"))?)
        .await
}

async fn collect(mut stream: EventStream) -> Result<Streamed, String> {
    let mut events = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(event) => events.push(event),
            Err(error) => {
                let more = stream.next().await.is_some();
                ensure(!more, || {
                    "something follows the error of the stream".to_owned()
                })?;
                return Ok(Streamed {
                    events,
                    error: Some(error),
                });
            }
        }
        ensure(events.len() <= MAX_TRIAL_EVENTS, || {
            "the stream doesn't end".to_owned()
        })?;
    }
    Ok(Streamed {
        events,
        error: None,
    })
}

impl Streamed {
    /// The response of the last event, which has to be `Finish`.
    pub(super) fn response(&self) -> Result<&Response, String> {
        match (&self.error, self.events.last()) {
            (None, Some(StreamEvent::Finish { response, .. })) => Ok(response),
            (Some(error), _) => Err(format!("the stream failed: {error:?}")),
            (None, last) => Err(format!("the last event is {last:?}, not Finish")),
        }
    }

    /// The error at the end of the stream.
    pub(super) fn failure(&self) -> Result<&Error, String> {
        let success = || format!("the stream ended in good order: {:?}", self.events.last());
        self.error.as_ref().ok_or_else(success)
    }
}

/// Both ways of asking have to fail with an error that passes `check`.
pub(super) async fn both_fail(
    harness: &dyn Harness,
    turn: Turn,
    check: impl Fn(&Subject, &Error) -> Outcome,
) -> Outcome {
    let subject = start(harness, [turn.repeat()]).await?;
    match subject.adapter().complete(ask(harness, "hello")).await {
        Err(error) => check(&subject, &error).map_err(|message| format!("complete: {message}"))?,
        Ok(response) => return Err(format!("complete succeeded: {response:?}")),
    }
    match subject.adapter().stream(ask(harness, "hello")).await {
        Err(error) => check(&subject, &error).map_err(|message| format!("stream: {message}")),
        Ok(_) => Err("the stream began instead of failing".to_owned()),
    }
}

pub(super) fn ensure_kind(error: &Error, expected: ErrorKind) -> Outcome {
    ensure(error.kind() == expected, || {
        format!("{error:?} isn't of the kind {expected:?}")
    })
}

/// Whether some string in `value`, at any depth, is exactly `text`.
pub(super) fn holds_string(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Array(items) => items.iter().any(|item| holds_string(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds_string(field, text)),
        _ => false,
    }
}

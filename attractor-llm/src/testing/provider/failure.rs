//! The errors that a script asks for.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, ErrorKind, classify};
use crate::testing::answer::Answer;
use crate::testing::script::HttpError;

/// Fails if the answer is an error, reported before or while it is told, or is cut off.
pub(super) fn of_whole(provider: &str, answer: &Answer) -> Result<(), Error> {
    of_start(provider, answer)?;
    if let Some((code, message)) = answer.stream_error() {
        return Err(reported(provider, code, message));
    }
    let delivery = &answer.turn.delivery;
    if delivery.cut_after_events.is_some() || delivery.cut_after_bytes.is_some() {
        let error = Error::new(ErrorKind::Network, "the connection was cut");
        return Err(error.with_provider(provider));
    }
    Ok(())
}

/// Fails if the answer is an HTTP error.
pub(super) fn of_start(provider: &str, answer: &Answer) -> Result<(), Error> {
    let Some(HttpError {
        status,
        message,
        body,
    }) = &answer.turn.error
    else {
        return Ok(());
    };
    let retry_after = retry_after(answer);
    let text = message
        .clone()
        .or_else(|| body.as_ref().map(Value::to_string));
    let text = text.unwrap_or_else(|| "scripted error".to_owned());
    let kind = classify(*status, None, &text, retry_after.is_some());
    let raw = body.clone().unwrap_or_else(|| Value::String(text.clone()));
    let error = Error::new(kind, text)
        .with_provider(provider)
        .with_status_code(*status)
        .with_raw(raw);
    Err(match retry_after {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    })
}

/// The failure that the provider reports in the middle of a stream.
pub(super) fn reported(provider: &str, code: &str, message: &str) -> Error {
    let kind = match code {
        "overloaded_error" | "api_error" | "server_error" => ErrorKind::Server,
        "rate_limit_error" => ErrorKind::RateLimit,
        _ => classify(0, Some(code), message, false),
    };
    Error::new(kind, message)
        .with_provider(provider)
        .with_error_code(code)
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    let is_retry_after = |name: &str| name.eq_ignore_ascii_case("retry-after");
    let (_, value) = answer
        .turn
        .headers
        .iter()
        .find(|(name, _)| is_retry_after(name))?;
    value.parse().ok().map(Duration::from_secs)
}

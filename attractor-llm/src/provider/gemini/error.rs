//! Error bodies and events -> `Error`; pure.

use std::time::SystemTime;

use serde_json::Value;

use crate::error::{Error, ErrorKind, classify};
use crate::provider::error_body::ErrorBody;
use crate::provider::exchange::WholeReply;

/// The error of a failed reply.
pub(super) fn from_reply(provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
    named(ErrorBody::parse(body)).into_error(provider, reply, now, |status, body, hint| {
        kind(if status < 300 { None } else { Some(status) }, body, hint)
    })
}

/// The error in a piece of a stream, or in the body of a reply with a successful status.
pub(super) fn from_event(provider: &str, event: Value) -> Error {
    let body = named(ErrorBody::from_json(event));
    let hint = body.retry_after.is_some() && !body.lasting;
    let kind = kind(None, &body, hint);
    body.describe(kind, provider)
}

/// Whether a body with a successful status, or a piece of a stream, is an error all the same.
pub(super) fn is_error(body: &Value) -> bool {
    body.get("error").is_some_and(|error| !error.is_null())
}

/// The body with Google's word for the error as its code: the reason in its details, else its
/// status, which tell more than the number that is the HTTP status again.
fn named(mut body: ErrorBody) -> ErrorBody {
    let Some(raw) = &body.raw else { return body };
    let whole = match raw {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        other => other,
    };
    let error = &whole["error"];
    let details = error["details"].as_array().into_iter().flatten();
    let mut reasons = details.filter_map(|detail| detail["reason"].as_str());
    let word = reasons
        .find(|reason| KEY_REASONS.contains(reason))
        .or_else(|| error["status"].as_str());
    if let Some(word) = word.filter(|word| !word.is_empty()) {
        body.code = Some(word.to_owned());
    }
    body
}

/// Reasons that come with the status of a request that isn't well-formed.
const KEY_REASONS: &[&str] = &[
    "API_KEY_INVALID",
    "API_KEY_EXPIRED",
    "API_KEY_SERVICE_BLOCKED",
    "ACCESS_TOKEN_EXPIRED",
    "CREDENTIALS_MISSING",
];

fn kind(status: Option<u16>, body: &ErrorBody, retry_hint: bool) -> ErrorKind {
    let code = body.code.as_deref();
    if code.is_some_and(|code| KEY_REASONS.contains(&code)) {
        return ErrorKind::Authentication;
    }
    let message = body.message.as_deref().unwrap_or_default();
    let status = status.or_else(|| code.and_then(status_of)).unwrap_or(0);
    match classify(status, code, message, retry_hint) {
        // The limit of a day is a quota, whatever delay the reply names.
        ErrorKind::RateLimit if body.lasting => ErrorKind::QuotaExceeded,
        kind => kind,
    }
}

/// The HTTP status that a status of Google's stands for.
fn status_of(code: &str) -> Option<u16> {
    Some(match code {
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => 400,
        "UNAUTHENTICATED" => 401,
        "PERMISSION_DENIED" => 403,
        "NOT_FOUND" => 404,
        "ABORTED" | "ALREADY_EXISTS" => 409,
        "RESOURCE_EXHAUSTED" => 429,
        "CANCELLED" => 499,
        "INTERNAL" | "UNKNOWN" | "DATA_LOSS" => 500,
        "UNIMPLEMENTED" => 501,
        "UNAVAILABLE" => 503,
        "DEADLINE_EXCEEDED" => 504,
        number => {
            let status: u16 = number.parse().ok()?;
            return (400..600).contains(&status).then_some(status);
        }
    })
}

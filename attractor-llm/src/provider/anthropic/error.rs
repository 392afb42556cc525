//! Error bodies and events -> `Error`; pure.

use std::time::SystemTime;

use serde_json::Value;

use crate::error::{Error, ErrorKind, classify};
use crate::provider::error_body::ErrorBody;
use crate::provider::exchange::WholeReply;

/// The error of a failed reply.
pub(super) fn from_reply(provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
    ErrorBody::parse(body).into_error(provider, reply, now, |status, body, hint| {
        kind(if status < 300 { None } else { Some(status) }, body, hint)
    })
}

/// The error in an event of a stream, or in the body of a reply with a successful status.
pub(super) fn from_event(provider: &str, event: Value) -> Error {
    let body = ErrorBody::from_json(event);
    let kind = kind(None, &body, false);
    body.describe(kind, provider)
}

/// Whether a body with a successful status is an error all the same.
pub(super) fn is_error(body: &Value) -> bool {
    body["type"] == "error" || (body.get("content").is_none() && body.get("error").is_some())
}

fn kind(status: Option<u16>, body: &ErrorBody, retry_hint: bool) -> ErrorKind {
    let code = body.code.as_deref();
    let status = status.or_else(|| code.and_then(status_of)).unwrap_or(0);
    classify(
        status,
        code,
        body.message.as_deref().unwrap_or_default(),
        retry_hint,
    )
}

/// The status that an error type comes with where there is a status.
fn status_of(code: &str) -> Option<u16> {
    Some(match code {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "api_error" => 500,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => return None,
    })
}

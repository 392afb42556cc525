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
    let event = match event {
        // The response that failed says why.
        Value::Object(mut fields) if fields.get("response").is_some_and(Value::is_object) => {
            fields.remove("response").unwrap_or_default()
        }
        other => other,
    };
    let mut body = ErrorBody::from_json(event);
    // An error event without a code has its own type in that place.
    body.code = body.code.filter(|code| code != "error");
    let kind = kind(None, &body, false);
    body.describe(kind, provider)
}

/// Whether a body with a successful status, or an event, is an error all the same.
pub(super) fn is_error(body: &Value) -> bool {
    body["type"] == "error"
        || body["status"] == "failed"
        || body.get("error").is_some_and(|error| !error.is_null())
}

fn kind(status: Option<u16>, body: &ErrorBody, retry_hint: bool) -> ErrorKind {
    let code = body.code.as_deref();
    if code.is_some_and(|code| FILTERED.contains(&code)) {
        return ErrorKind::ContentFilter;
    }
    let status = status.or_else(|| code.and_then(status_of)).unwrap_or(0);
    classify(
        status,
        code,
        body.message.as_deref().unwrap_or_default(),
        retry_hint,
    )
}

/// The codes of a request or an answer that a filter blocked.
const FILTERED: &[&str] = &[
    "content_filter",
    "content_policy_violation",
    "moderation_blocked",
    "cyber_policy",
    "image_content_policy_violation",
];

/// The status that a code comes with where there is a status.
fn status_of(code: &str) -> Option<u16> {
    Some(match code {
        "invalid_request_error" | "invalid_prompt" | "context_length_exceeded" => 400,
        "authentication_error" | "invalid_api_key" => 401,
        "permission_error" | "permission_denied" => 403,
        "not_found_error" | "model_not_found" => 404,
        "rate_limit_error" | "rate_limit_exceeded" | "too_many_requests" => 429,
        "server_error" | "api_error" | "internal_error" | "internal_server_error" => 500,
        "overloaded_error" | "server_is_overloaded" | "service_unavailable" | "slow_down" => 503,
        number => {
            let status: u16 = number.parse().ok()?;
            return (400..600).contains(&status).then_some(status);
        }
    })
}

//! Error bodies and chunks -> `Error`; pure.

use std::time::SystemTime;

use serde_json::Value;

use crate::error::Error;
use crate::provider::error_body::ErrorBody;
use crate::provider::error_code::kind;
use crate::provider::exchange::WholeReply;

/// The error of a failed reply.
pub(super) fn from_reply(provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
    let body = with_reason(ErrorBody::parse(body));
    body.into_error(provider, reply, now, |status, body, hint| {
        kind(if status < 300 { None } else { Some(status) }, body, hint)
    })
}

/// The error in a chunk of a stream, or in the body of a reply with a successful status.
pub(super) fn from_body(provider: &str, body: Value) -> Error {
    let mut body = with_reason(ErrorBody::from_json(body));
    // A chunk without a code has its own type in that place.
    body.code = body.code.filter(|code| code != "error");
    let status = body.raw.as_ref().and_then(status);
    let kind = kind(status, &body, false);
    body.describe(kind, provider)
}

/// Whether a body with a successful status, or a chunk, is an error all the same.
pub(super) fn is_error(body: &Value) -> bool {
    let said = |error: &Value| match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    body["object"] == "error"
        || body["type"] == "error"
        || body.get("error").is_some_and(said)
        || is_bare_failure(body)
}

/// `{"detail": …}` or `{"message": …, "code": …}` and nothing of a completion.
fn is_bare_failure(body: &Value) -> bool {
    body.get("choices").is_none()
        && (body["detail"].is_string() || body["message"].is_string() && body.get("code").is_some())
}

/// The status that the error itself names.
fn status(raw: &Value) -> Option<u16> {
    let named = [
        &raw["error"]["status_code"],
        &raw["error"]["code"],
        &raw["status_code"],
        &raw["code"],
    ];
    let number = named.into_iter().find_map(Value::as_u64)?;
    u16::try_from(number)
        .ok()
        .filter(|it| (400..600).contains(it))
}

/// OpenRouter wraps what the service behind it said, which tells more.
fn with_reason(mut body: ErrorBody) -> ErrorBody {
    let reason = body
        .raw
        .as_ref()
        .and_then(|raw| raw["error"]["metadata"]["raw"].as_str());
    if let (Some(reason), Some(message)) = (reason, &mut body.message) {
        let inner = ErrorBody::parse(reason).message;
        *message = format!("{message}: {}", inner.as_deref().unwrap_or(reason));
    }
    body
}

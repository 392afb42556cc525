//! Error bodies and events -> `Error`; pure.

use std::time::SystemTime;

use serde_json::Value;

use crate::error::Error;
use crate::provider::error_body::ErrorBody;
use crate::provider::error_code::kind;
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

//! Error bodies and events -> `Error`; pure.

use std::time::SystemTime;

use serde_json::Value;

use crate::error::{Error, ErrorKind, classify};
use crate::provider::error_body::ErrorBody;
use crate::provider::exchange::WholeReply;

/// The header that names the exception of a failed reply.
const TYPE_HEADER: &str = "x-amzn-errortype";

/// The error of a failed reply.
pub(super) fn from_reply(provider: &str, reply: &WholeReply, body: &str, now: SystemTime) -> Error {
    let mut parsed = ErrorBody::parse(body);
    let named = reply.headers.get(TYPE_HEADER).map(str::to_owned);
    parsed.code = named
        .or_else(|| named_in(parsed.raw.as_ref()?))
        .or(parsed.code);
    parsed.code = parsed.code.map(|code| exception(&code).to_owned());
    parsed.into_error(provider, reply, now, |status, body, hint| {
        kind(Some(status), body, hint)
    })
}

/// The error in an event of a stream, or in the body of a reply with a successful status.
pub(super) fn from_event(provider: &str, exception_type: Option<&str>, event: Value) -> Error {
    let mut body = ErrorBody::from_json(event);
    let named = exception_type.map(str::to_owned);
    body.code = named.or_else(|| named_in(body.raw.as_ref()?)).or(body.code);
    let kind = kind(None, &body, false);
    body.describe(kind, provider)
}

/// Some replies name the exception in the body.
fn named_in(raw: &Value) -> Option<String> {
    let named = raw.get("__type").and_then(Value::as_str);
    named.map(|named| exception(named).to_owned())
}

/// The name of an exception without its namespace and its documentation's address.
fn exception(named: &str) -> &str {
    let name = named.split(':').next().unwrap_or(named);
    name.rsplit('#').next().unwrap_or(name)
}

fn kind(status: Option<u16>, body: &ErrorBody, retry_hint: bool) -> ErrorKind {
    let code = body.code.as_deref().unwrap_or_default();
    let message = body.message.as_deref().unwrap_or_default();
    match status_of(code) {
        // A prompt that doesn't fit is told of by the model behind the service, too.
        Some(424) => match classify(0, None, message, retry_hint) {
            ErrorKind::ContextLength => ErrorKind::ContextLength,
            _ => ErrorKind::Server,
        },
        Some(named) => classify(named, None, message, retry_hint),
        None => classify(status.unwrap_or(0), Some(code), message, retry_hint),
    }
}

/// The status that an exception stands for; `x-amzn-errortype` says more than the reply's own.
fn status_of(code: &str) -> Option<u16> {
    let is = |name: &str| {
        let begins = code.len() >= name.len() && code.is_char_boundary(name.len());
        begins && code[..name.len()].eq_ignore_ascii_case(name)
    };
    let table = [
        ("ValidationException", 400),
        ("ExpiredToken", 401),
        ("IncompleteSignature", 401),
        ("InvalidClientTokenId", 401),
        ("InvalidSignature", 401),
        ("MissingAuthenticationToken", 401),
        ("UnrecognizedClient", 401),
        ("AccessDeniedException", 403),
        ("ResourceNotFoundException", 404),
        ("ModelTimeoutException", 408),
        ("ModelErrorException", 424),
        ("ModelStreamErrorException", 424),
        ("ThrottlingException", 429),
        ("ServiceQuotaExceededException", 429),
        ("InternalServerException", 500),
        ("InternalFailure", 500),
        // The service loads the model; it is there soon.
        ("ModelNotReadyException", 503),
        ("ServiceUnavailableException", 503),
    ];
    let found = table.iter().find(|(name, _)| is(name));
    found.map(|(_, status)| *status)
}

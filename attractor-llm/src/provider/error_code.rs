//! The codes that OpenAI and the services like it give their errors; pure.

use super::error_body::ErrorBody;
use crate::error::{ErrorKind, classify};

/// The kind of an error; without a status its code tells one.
pub(crate) fn kind(status: Option<u16>, body: &ErrorBody, retry_hint: bool) -> ErrorKind {
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

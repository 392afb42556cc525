//! Error bodies, and how statuses and error types belong together.

use serde_json::{Value, json};

const CODES: &[(u16, &str)] = &[
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (402, "billing_error"),
    (403, "permission_error"),
    (404, "not_found_error"),
    (413, "request_too_large"),
    (429, "rate_limit_error"),
    (500, "api_error"),
    (504, "timeout_error"),
    (529, "overloaded_error"),
];

/// An error body, which is also the data of an error event.
pub(super) fn body(code: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": code, "message": message}})
}

/// The error type of a status.
pub(super) fn code(status: u16) -> &'static str {
    let listed = CODES
        .iter()
        .find(|(listed, _)| *listed == status)
        .map(|(_, code)| *code);
    listed.unwrap_or(if status < 500 {
        "invalid_request_error"
    } else {
        "api_error"
    })
}

/// The status of an error type.
pub(super) fn status(code: &str) -> u16 {
    CODES
        .iter()
        .find(|(_, listed)| *listed == code)
        .map_or(500, |(status, _)| *status)
}

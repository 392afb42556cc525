//! Error bodies, and how statuses, types and codes belong together.

use serde_json::{Value, json};

/// Status, type and code; the first row of a status is its usual one.
const ERRORS: &[(u16, &str, Option<&str>)] = &[
    (400, "invalid_request_error", None),
    (401, "invalid_request_error", Some("invalid_api_key")),
    (403, "invalid_request_error", Some("permission_denied")),
    (404, "invalid_request_error", Some("model_not_found")),
    (429, "requests", Some("rate_limit_exceeded")),
    (429, "insufficient_quota", Some("insufficient_quota")),
    (500, "server_error", Some("server_error")),
    (
        503,
        "service_unavailable_error",
        Some("server_is_overloaded"),
    ),
    (503, "service_unavailable_error", Some("overloaded_error")),
];

/// An error body.
pub(in crate::testing::server) fn body(status: u16, code: Option<&str>, message: &str) -> Value {
    let rows = || ERRORS.iter().filter(|row| row.0 == status);
    let row = rows().find(|row| row.2 == code).or_else(|| rows().next());
    let fallback = if status < 500 {
        "invalid_request_error"
    } else {
        "server_error"
    };
    let kind = row.map_or(fallback, |row| row.1);
    let code = code.or_else(|| row.and_then(|row| row.2));
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// The status of an error code.
pub(in crate::testing::server) fn status(code: &str) -> u16 {
    let row = ERRORS
        .iter()
        .find(|row| row.2 == Some(code) || row.1 == code);
    row.map_or(500, |row| row.0)
}

//! Error bodies, and how HTTP statuses and Google's own belong together.

use serde_json::{Value, json};

const STATUSES: &[(u16, &str)] = &[
    (400, "INVALID_ARGUMENT"),
    (400, "FAILED_PRECONDITION"),
    (401, "UNAUTHENTICATED"),
    (403, "PERMISSION_DENIED"),
    (404, "NOT_FOUND"),
    (429, "RESOURCE_EXHAUSTED"),
    (499, "CANCELLED"),
    (500, "INTERNAL"),
    (503, "UNAVAILABLE"),
    (504, "DEADLINE_EXCEEDED"),
];

/// An error body, which is also the data of an error in a stream.
pub(super) fn body(status: u16, code: Option<&str>, message: &str) -> Value {
    let own = STATUSES.iter().find(|row| Some(row.1) == code);
    let usual = STATUSES.iter().find(|row| row.0 == status);
    let fallback = if status < 500 {
        "INVALID_ARGUMENT"
    } else {
        "INTERNAL"
    };
    let word = own.or(usual).map_or(fallback, |row| row.1);
    json!({"error": {"code": status, "message": message, "status": word}})
}

/// The HTTP status of an error, in Google's word for it or in a script's.
pub(super) fn status(code: &str) -> u16 {
    let row = STATUSES.iter().find(|row| row.1 == code);
    row.map_or_else(
        || match code {
            "invalid_request_error" => 400,
            "authentication_error" => 401,
            "permission_error" => 403,
            "not_found_error" => 404,
            "rate_limit_error" => 429,
            "overloaded_error" => 503,
            _ => 500,
        },
        |row| row.0,
    )
}

//! Error bodies, and how statuses and exceptions belong together.

use serde_json::{Value, json};

const CODES: &[(u16, &str)] = &[
    (400, "ValidationException"),
    (401, "UnrecognizedClientException"),
    (403, "AccessDeniedException"),
    (404, "ResourceNotFoundException"),
    (408, "ModelTimeoutException"),
    (424, "ModelErrorException"),
    (424, "ModelStreamErrorException"),
    (429, "ThrottlingException"),
    (500, "InternalServerException"),
    (503, "ServiceUnavailableException"),
];

/// The body of an error, which names its exception as the service does beside the header.
pub(super) fn body(code: &str, message: &str) -> Value {
    let mut body = json!({"message": message});
    if CODES.iter().any(|(_, listed)| *listed == code) {
        body["__type"] = code.into();
    }
    body
}

/// The exception of a status; none that is known for others.
pub(super) fn code(status: u16) -> &'static str {
    let listed = CODES.iter().find(|(listed, _)| *listed == status);
    listed.map_or("", |(_, code)| code)
}

/// The status of an exception.
pub(super) fn status(code: &str) -> u16 {
    let listed = CODES.iter().find(|(_, listed)| *listed == code);
    listed.map_or(503, |(status, _)| *status)
}

/// The name that an exception has in a stream; other services' names become the usual one.
pub(super) fn in_stream(code: &str) -> String {
    let listed = CODES.iter().find(|(_, listed)| *listed == code);
    let name = listed.map_or("ServiceUnavailableException", |(_, name)| name);
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

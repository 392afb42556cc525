use serde_json::Value;

use crate::domain::Error;

/// Something that was found in a pipeline's text, in a line.
#[derive(Debug)]
pub(super) struct Finding {
    /// `error`, `warning`, `info`.
    pub(super) severity: String,
    pub(super) line: Option<u64>,
    pub(super) column: Option<u64>,
    pub(super) message: String,
    pub(super) rule: String,
    pub(super) fix: Option<String>,
}

/// What was found, as the API tells it.
pub(super) fn findings(validation: &Value) -> Vec<Finding> {
    let all = validation["diagnostics"].as_array();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |it: &Value| Finding {
        severity: text(&it["severity"]).to_lowercase(),
        line: it["line"].as_u64(),
        column: it["column"].as_u64(),
        message: text(&it["message"]),
        rule: text(&it["rule"]),
        fix: it["fix"].as_str().map(str::to_owned),
    };
    all.into_iter().flatten().map(read).collect()
}

/// What an error says was found.
pub(super) fn of_error(error: &Error) -> Vec<Finding> {
    error
        .details()
        .map(|it| findings(&it["validation"]))
        .unwrap_or_default()
}

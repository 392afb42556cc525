//! The body of an error reply, whoever wrote it.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::exchange::WholeReply;
use super::{headers, json};
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_ERROR_EXCERPT_CHARS;

/// What an error's body says.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ErrorBody {
    pub(crate) message: Option<String>,
    pub(crate) code: Option<String>,
    /// How long to wait, in Google's `RetryInfo` or in words.
    pub(crate) retry_after: Option<Duration>,
    /// Whether a limit of a whole day is used up, whatever `retry_after` says.
    pub(crate) lasting: bool,
    pub(crate) raw: Option<Value>,
}

impl ErrorBody {
    /// Reads any body: JSON of the usual shapes, a page of HTML, plain text, nothing.
    pub(crate) fn parse(body: &str) -> Self {
        match json::parse(body) {
            Ok(raw) => Self::from_json(raw),
            Err(_) => Self {
                message: excerpt(body),
                ..Self::default()
            },
        }
    }

    pub(crate) fn from_json(raw: Value) -> Self {
        let mut whole = first(&raw);
        if let Some(errors) = whole.get("errors") {
            whole = first(errors);
        }
        let error = whole.get("error").unwrap_or(whole);
        // Some wrap what the server behind them said in their own.
        let error = match error.get("error") {
            Some(inner) if !inner.is_null() => inner,
            _ => error,
        };
        let message = message(error, whole);
        let details = error.get("details").and_then(Value::as_array);
        let details = details.map_or(&[][..], Vec::as_slice);
        Self {
            retry_after: retry_info(details)
                .or_else(|| message.as_deref().and_then(headers::wait_in_words)),
            lasting: details.iter().any(is_daily_quota),
            code: code(error, whole),
            message,
            raw: Some(raw),
        }
    }

    /// The error of a reply: its status and headers with this body.
    pub(crate) fn into_error(
        mut self,
        provider: &str,
        reply: &WholeReply,
        now: SystemTime,
        classify: impl FnOnce(u16, &Self, bool) -> ErrorKind,
    ) -> Error {
        let told = headers::retry_after(&reply.headers, now);
        self.retry_after = told.or(self.retry_after);
        let hint = self.retry_after.is_some() && !self.lasting;
        let kind = classify(reply.status, &self, hint);
        if (300..400).contains(&reply.status) {
            let location = reply.headers.get("location").unwrap_or("another address");
            self.message = Some(format!("the base URL redirects to {location}"));
        }
        let error = self.describe(kind, provider).with_status_code(reply.status);
        match headers::should_retry(&reply.headers) {
            // An exhausted quota or a bad key isn't mended by what a header says.
            Some(true) if !kind.is_retryable() => error,
            Some(retryable) => error.with_retryable(retryable),
            None => error,
        }
    }

    pub(crate) fn describe(self, kind: ErrorKind, provider: &str) -> Error {
        let message = self.message.filter(|message| !message.trim().is_empty());
        let mut error = Error::new(kind, message.unwrap_or_else(|| format!("{kind} error")))
            .with_provider(provider);
        if let Some(code) = self.code {
            error = error.with_error_code(code);
        }
        if let Some(retry_after) = self.retry_after {
            error = error.with_retry_after(retry_after);
        }
        match self.raw {
            Some(raw) => error.with_raw(raw),
            None => error,
        }
    }
}

fn first(value: &Value) -> &Value {
    match value {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        other => other,
    }
}

/// Where services put what they have to say, the most telling place first.
const MESSAGES: &[&str] = &["message", "detail", "msg", "error_message", "Message"];

fn message(error: &Value, whole: &Value) -> Option<String> {
    if let Some(text) = error.as_str() {
        return Some(text.to_owned());
    }
    let places = [error, whole]
        .into_iter()
        .flat_map(|value| MESSAGES.iter().filter_map(|key| value.get(key)));
    let said = places.filter_map(said).find(|text| !text.trim().is_empty());
    let behind = error.pointer("/metadata/raw").and_then(|raw| match raw {
        Value::String(text) => ErrorBody::parse(text).message,
        other => ErrorBody::from_json(other.clone()).message,
    });
    match (said, behind) {
        (Some(said), Some(behind)) => Some(format!("{said}: {behind}")),
        (said, behind) => said.or(behind),
    }
}

/// A text, or the texts of a list of problems.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => MESSAGES.iter().find_map(|key| said(value.get(key)?)),
        Value::Array(problems) => {
            let problems: Vec<String> = problems.iter().filter_map(said).collect();
            (!problems.is_empty()).then(|| problems.join("; "))
        }
        _ => None,
    }
}

fn code(error: &Value, whole: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| {
        let text = value.get(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    // Google's number repeats the HTTP status and its `status` is the name of the failure.
    let named = text(error, "code").or_else(|| text(error, "status"));
    named
        .or_else(|| error.get("code")?.as_u64().map(|code| code.to_string()))
        .or_else(|| text(error, "type"))
        // Some services put it beside an error that is only a text.
        .or_else(|| error.is_string().then(|| text(whole, "code"))?)
}

/// Google's `RetryInfo`: seconds with an `s`.
fn retry_info(details: &[Value]) -> Option<Duration> {
    let is_info = |detail: &&Value| {
        let kind = detail["@type"].as_str();
        kind.is_some_and(|kind| kind.ends_with("google.rpc.RetryInfo"))
    };
    let delay = details.iter().find(is_info)?["retryDelay"].as_str()?;
    headers::wait(delay)
}

/// Google's `QuotaFailure` for a limit that resets at midnight, long after any `RetryInfo` with it.
fn is_daily_quota(detail: &Value) -> bool {
    let violations = detail["violations"].as_array().into_iter().flatten();
    let mut ids = violations.filter_map(|violation| violation["quotaId"].as_str());
    ids.any(|id| id.contains("PerDay"))
}

/// The beginning of a text, on one line and without the tags of HTML.
fn excerpt(body: &str) -> Option<String> {
    let mut text = String::new();
    let mut in_tag = false;
    for char in body.chars() {
        match char {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                text.push(' ');
            }
            char if !in_tag => text.push(char),
            _ => {}
        }
        if text.len() > MAX_ERROR_EXCERPT_CHARS * 4 {
            break;
        }
    }
    let text: Vec<&str> = text.split_whitespace().collect();
    let text: String = text
        .join(" ")
        .chars()
        .take(MAX_ERROR_EXCERPT_CHARS)
        .collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_body_gives_its_message_and_code() {
        let cases = [
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#,
                Some("busy"),
                Some("overloaded_error"),
            ),
            (
                r#"{"error":{"code":429,"message":"nope","status":"RESOURCE_EXHAUSTED"}}"#,
                Some("nope"),
                Some("RESOURCE_EXHAUSTED"),
            ),
            (
                r#"{"error":{"code":404,"message":"nope"}}"#,
                Some("nope"),
                Some("404"),
            ),
            (r#"{"error":"nope","code":"x"}"#, Some("nope"), Some("x")),
            (
                r#"{"error":{"error":{"message":"nope","code":"x"}}}"#,
                Some("nope"),
                Some("x"),
            ),
            (
                r#"{"errors":[{"message":"nope","code":7003}],"success":false}"#,
                Some("nope"),
                Some("7003"),
            ),
            (r#"{"detail":"nope"}"#, Some("nope"), None),
            (
                r#"{"detail":[{"loc":["body"],"msg":"no"},{"msg":"never"}]}"#,
                Some("no; never"),
                None,
            ),
            (
                r#"{"message":{"detail":[{"msg":"nope"}]}}"#,
                Some("nope"),
                None,
            ),
            (
                r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long\"}}"}}}"#,
                Some("Provider returned error: prompt is too long"),
                Some("400"),
            ),
            (r#"{"error":{"message":"","type":"x"}}"#, None, Some("x")),
            (r#"{"error":"nope"}"#, Some("nope"), None),
            (r#"{"message":"nope"}"#, Some("nope"), None),
            (
                r#"[{"error":{"message":"nope","code":"x"}}]"#,
                Some("nope"),
                Some("x"),
            ),
            (
                "<html><body><h1>502</h1>\n Bad  Gateway</body></html>",
                Some("502 Bad Gateway"),
                None,
            ),
            ("upstream timed out", Some("upstream timed out"), None),
            ("", None, None),
            ("null", None, None),
        ];
        for (body, message, code) in cases {
            let parsed = ErrorBody::parse(body);
            assert_eq!(
                (parsed.message.as_deref(), parsed.code.as_deref()),
                (message, code),
                "{body}"
            );
        }
    }

    #[test]
    fn a_body_says_how_long_to_wait() {
        let google = |details: &str| {
            let body =
                r#"{"error":{"code":429,"message":"You exceeded your current quota.","details":["#;
            ErrorBody::parse(&format!("{body}{details}]}}}}"))
        };
        let info = r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12.5s"}"#;
        let quota = |id: &str| {
            let kind = "type.googleapis.com/google.rpc.QuotaFailure";
            format!(r#"{{"@type":"{kind}","violations":[{{"quotaId":"{id}"}}]}},{info}"#)
        };
        let minute = google(&quota(
            "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
        ));
        let wait = Some(Duration::from_millis(12_500));
        assert_eq!((minute.retry_after, minute.lasting), (wait, false));
        let day = google(&quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
        assert_eq!((day.retry_after, day.lasting), (wait, true));
        let other = google(r#"{"@type":"type.googleapis.com/google.rpc.Help","links":[]}"#);
        assert_eq!(other.retry_after, None);
        let words = r#"{"error":{"message":"Rate limit reached. Please try again in 7.66s."}}"#;
        let wait = Some(Duration::from_millis(7_660));
        assert_eq!(ErrorBody::parse(words).retry_after, wait);
    }
}

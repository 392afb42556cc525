//! The body of an error reply, whoever wrote it.

use std::time::SystemTime;

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
        let whole = match &raw {
            Value::Array(items) => items.first().unwrap_or(&Value::Null),
            other => other,
        };
        let error = whole.get("error").unwrap_or(whole);
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
        let message = error
            .as_str()
            .map(str::to_owned)
            .or_else(|| text("message"))
            .or_else(|| {
                let mut said = ["message", "detail"]
                    .iter()
                    .filter_map(|key| whole.get(key));
                said.find_map(Value::as_str).map(str::to_owned)
            });
        let number = || error.get("code").and_then(Value::as_u64);
        let code = text("code")
            .or_else(|| number().map(|code| code.to_string()))
            .or_else(|| text("type"))
            .or_else(|| {
                // Some services put it beside an error that is only a text.
                let code = whole.get("code").filter(|_| error.is_string())?;
                code.as_str().map(str::to_owned)
            });
        Self {
            message,
            code,
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
        let retry_after = headers::retry_after(&reply.headers, now);
        let kind = classify(reply.status, &self, retry_after.is_some());
        if (300..400).contains(&reply.status) {
            let location = reply.headers.get("location").unwrap_or("another address");
            self.message = Some(format!("the base URL redirects to {location}"));
        }
        let mut error = self.describe(kind, provider).with_status_code(reply.status);
        if let Some(retry_after) = retry_after {
            error = error.with_retry_after(retry_after);
        }
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
        match self.raw {
            Some(raw) => error.with_raw(raw),
            None => error,
        }
    }
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
}

//! Failed replies of the Gemini API, and adapters that can't be made.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::{Error, ErrorKind, GeminiAdapter, ProviderAdapter as _};
use serde_json::{Value, json};

use crate::canned::{Canned, drain, hello};

async fn failure(canned: Canned) -> Error {
    let (adapter, _) = canned.gemini();
    let error = adapter.complete(hello()).await.unwrap_err();
    assert_eq!(error.provider(), Some("gemini"));
    error
}

fn body(code: u16, status: &str, message: &str, details: Value) -> Value {
    json!({"error": {"code": code, "message": message, "status": status, "details": details}})
}

fn reason(reason: &str) -> Value {
    json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}])
}

const OVERFLOW: &str =
    "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).";

/// What each status is to a caller, and whether it is retried.
const STATUSES: &[(u16, &str, &str, ErrorKind, bool)] = {
    use ErrorKind as Kind;
    &[
        (400, "INVALID_ARGUMENT", "bad", Kind::InvalidRequest, false),
        (
            400,
            "INVALID_ARGUMENT",
            OVERFLOW,
            Kind::ContextLength,
            false,
        ),
        (401, "UNAUTHENTICATED", "who?", Kind::Authentication, false),
        (403, "PERMISSION_DENIED", "no", Kind::AccessDenied, false),
        (404, "NOT_FOUND", "no such model", Kind::NotFound, false),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "slow down",
            Kind::RateLimit,
            true,
        ),
        (500, "INTERNAL", "oops", Kind::Server, true),
        (503, "UNAVAILABLE", "overloaded", Kind::Server, true),
        (504, "DEADLINE_EXCEEDED", "late", Kind::Server, true),
    ]
};

#[tokio::test]
async fn each_status_has_its_kind_and_its_retry() {
    for &(status, word, message, kind, retryable) in STATUSES {
        let reply = body(status, word, message, json!([]));
        let error = failure(Canned::json(status, &reply)).await;
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, retryable),
            "{word}"
        );
        assert_eq!(error.error_code(), Some(word));
        assert_eq!(
            error.to_string(),
            format!("gemini: {message} (HTTP {status})")
        );
        // Where a stream was asked for the error may come as an array.
        let error = failure(Canned::json(status, &json!([reply]))).await;
        assert_eq!((error.kind(), error.error_code()), (kind, Some(word)));
        // In the middle of a stream only the body tells.
        let (adapter, _) = Canned::events(format!("data: {reply}\n\n")).gemini();
        let (_, error) = drain(&adapter, hello()).await;
        assert_eq!(error.unwrap().kind(), kind, "{word} in a stream");
    }
}

#[tokio::test]
async fn a_bad_key_is_told_by_its_reason() {
    let message = "API key not valid. Please pass a valid API key.";
    let reply = body(400, "INVALID_ARGUMENT", message, reason("API_KEY_INVALID"));
    let error = failure(Canned::json(400, &reply)).await;
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.error_code(), Some("API_KEY_INVALID"));
}

#[tokio::test]
async fn a_limit_of_a_minute_is_told_from_one_of_a_day() {
    let details = |quota: &str| {
        json!([
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"},
        ])
    };
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let minute = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
    let day = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
    for (quota, kind) in [
        (minute, ErrorKind::RateLimit),
        (day, ErrorKind::QuotaExceeded),
    ] {
        let reply = body(429, "RESOURCE_EXHAUSTED", message, details(quota));
        let error = failure(Canned::json(429, &reply)).await;
        assert_eq!(error.kind(), kind, "{quota}");
        assert_eq!(error.retry_after(), Some(Duration::from_millis(34_400)));
        let (adapter, _) = Canned::events(format!("data: {reply}\n\n")).gemini();
        let (_, error) = drain(&adapter, hello()).await;
        assert_eq!(error.unwrap().kind(), kind, "{quota} in a stream");
    }
}

#[tokio::test]
async fn a_successful_reply_that_is_none_is_an_error() {
    let cases = [
        (
            body(503, "UNAVAILABLE", "busy", json!([])),
            ErrorKind::Server,
        ),
        (
            json!([body(429, "RESOURCE_EXHAUSTED", "busy", json!([]))]),
            ErrorKind::RateLimit,
        ),
        (json!({"hello": 1}), ErrorKind::Server),
        (json!("x"), ErrorKind::Server),
    ];
    for (reply, kind) in cases {
        let error = failure(Canned::json(200, &reply)).await;
        assert_eq!(error.kind(), kind, "{reply}");
    }
    let page = Canned::new(502, "text/html", "<h1>Bad Gateway</h1>");
    assert_eq!(
        failure(page).await.to_string(),
        "gemini: Bad Gateway (HTTP 502)"
    );
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_in_the_error() {
    let reply = body(
        400,
        "INVALID_ARGUMENT",
        "API key secret-key not valid",
        json!([]),
    );
    let error = failure(Canned::json(400, &reply)).await;
    let shown = format!("{error} {error:?} {:?}", error.raw());
    assert!(
        shown.contains("[redacted]") && !shown.contains("secret-key"),
        "{shown}"
    );
}

#[test]
fn an_adapter_without_key_or_with_a_bad_url_is_a_configuration_error() {
    let bad_url = GeminiAdapter::builder("secret-key")
        .base_url("ftp://a.b")
        .build();
    for error in [GeminiAdapter::new(" \n").unwrap_err(), bad_url.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!format!("{error} {error:?}").contains("secret-key"));
    }
}

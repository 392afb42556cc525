//! Failed replies of the Responses API, what its headers tell, and adapters that can't be made.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::{Error, ErrorKind, OpenAiAdapter, ProviderAdapter as _};
use serde_json::{Value, json};

use crate::canned::{Canned, hello};

async fn failure(canned: Canned) -> Error {
    let (adapter, _) = canned.openai();
    let error = adapter.complete(hello()).await.unwrap_err();
    assert_eq!(error.provider(), Some("openai"));
    error
}

fn body(kind: &str, code: impl Into<Value>, message: &str) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code.into()}})
}

#[tokio::test]
async fn each_status_has_its_kind_and_its_retry() {
    let cases = [
        (400, "invalid_value", ErrorKind::InvalidRequest, false),
        (
            400,
            "context_length_exceeded",
            ErrorKind::ContextLength,
            false,
        ),
        (
            400,
            "content_policy_violation",
            ErrorKind::ContentFilter,
            false,
        ),
        (401, "invalid_api_key", ErrorKind::Authentication, false),
        (403, "unsupported_country", ErrorKind::AccessDenied, false),
        (404, "model_not_found", ErrorKind::NotFound, false),
        (408, "timeout", ErrorKind::RequestTimeout, false),
        (413, "too_large", ErrorKind::ContextLength, false),
        (422, "unprocessable", ErrorKind::InvalidRequest, false),
        (429, "rate_limit_exceeded", ErrorKind::RateLimit, true),
        (429, "insufficient_quota", ErrorKind::QuotaExceeded, false),
        (429, "usage_limit_reached", ErrorKind::QuotaExceeded, false),
        (500, "server_error", ErrorKind::Server, true),
        (503, "server_is_overloaded", ErrorKind::Server, true),
    ];
    for (status, code, kind, retryable) in cases {
        let error = failure(Canned::json(status, &body("t", code, "a reason"))).await;
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, retryable),
            "{status} {code}"
        );
        assert_eq!(
            (error.status_code(), error.error_code()),
            (Some(status), Some(code))
        );
        assert_eq!(
            error.to_string(),
            format!("openai: a reason (HTTP {status})")
        );
        assert!(error.raw().is_some());
    }
}

#[tokio::test]
async fn a_used_up_quota_is_not_retried_whatever_the_headers_say() {
    let quota = body("insufficient_quota", "insufficient_quota", "pay");
    let error = failure(Canned::json(429, &quota).header("retry-after", "1")).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::QuotaExceeded, false)
    );
    let limited = body("requests", "rate_limit_exceeded", "slow");
    let error = failure(Canned::json(429, &limited).header("retry-after-ms", "1500")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_millis(1500)));
}

#[tokio::test]
async fn a_body_of_any_sort_gives_a_readable_message() {
    let page = "<html><head><title>502</title></head><body>Bad Gateway</body></html>";
    let cases = [
        (
            Canned::new(502, "text/html", page),
            "openai: 502 Bad Gateway (HTTP 502)",
            ErrorKind::Server,
        ),
        (
            Canned::new(500, "text/plain", ""),
            "openai: server error (HTTP 500)",
            ErrorKind::Server,
        ),
        (
            Canned::json(503, &json!({"error": "down"})),
            "openai: down (HTTP 503)",
            ErrorKind::Server,
        ),
        (
            Canned::json(400, &json!([body("t", Value::Null, "listed")])),
            "openai: listed (HTTP 400)",
            ErrorKind::InvalidRequest,
        ),
        (
            Canned::json(
                400,
                &json!({"code": "x", "error": "Incorrect API key provided."}),
            ),
            "openai: Incorrect API key provided. (HTTP 400)",
            ErrorKind::Authentication,
        ),
        (
            Canned::json(401, &json!({"detail": "Sign in."})),
            "openai: Sign in. (HTTP 401)",
            ErrorKind::Authentication,
        ),
    ];
    for (canned, message, kind) in cases {
        let error = failure(canned).await;
        assert_eq!((error.to_string().as_str(), error.kind()), (message, kind));
    }
}

#[tokio::test]
async fn an_error_in_a_successful_reply_is_an_error() {
    let failed = json!({"id": "r", "status": "failed", "output": [],
                        "error": {"code": "server_error", "message": "oops"}});
    let numbered = json!({"error": {"code": 429, "message": "busy"}});
    let cases = [
        (failed, ErrorKind::Server),
        (numbered, ErrorKind::RateLimit),
        (json!({"hello": 1}), ErrorKind::Server),
        (json!("x"), ErrorKind::Server),
    ];
    for (reply, kind) in cases {
        assert_eq!(
            failure(Canned::json(200, &reply)).await.kind(),
            kind,
            "{reply}"
        );
    }
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_in_the_error() {
    let reply = body(
        "t",
        "invalid_api_key",
        "Incorrect API key provided: secret-key",
    );
    let error = failure(Canned::json(401, &reply)).await;
    let shown = format!("{error} {error:?} {:?}", error.raw());
    assert!(
        shown.contains("[redacted]") && !shown.contains("secret-key"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_allowance_is_reported() {
    let reply = json!({"id": "r", "status": "completed", "output": []});
    let canned = Canned::json(200, &reply)
        .header("x-ratelimit-limit-requests", "5000")
        .header("x-ratelimit-remaining-tokens", "199")
        .header("x-ratelimit-reset-requests", "6m0s");
    let (adapter, _) = canned.openai();
    let left = adapter.complete(hello()).await.unwrap().rate_limit.unwrap();
    assert_eq!(
        (left.requests_limit, left.tokens_remaining),
        (Some(5000), Some(199))
    );
    assert!(left.reset_at.unwrap() > std::time::SystemTime::now() + Duration::from_secs(300));
}

#[test]
fn an_adapter_without_key_or_with_a_bad_url_is_a_configuration_error() {
    let bad_url = |url| {
        OpenAiAdapter::builder("secret-key")
            .base_url(url)
            .build()
            .unwrap_err()
    };
    for error in [
        OpenAiAdapter::new(" \n").unwrap_err(),
        bad_url("nonsense"),
        bad_url("ftp://a.b"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!format!("{error} {error:?}").contains("secret-key"));
    }
}

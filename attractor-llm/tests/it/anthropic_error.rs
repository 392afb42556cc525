//! Failed replies of the Messages API.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::limits::MAX_REPLY_BYTES;
use attractor_llm::{AnthropicAdapter, Error, ErrorKind, ProviderAdapter as _};
use serde_json::json;

use crate::canned::{Canned, hello};

async fn failure(canned: Canned) -> Error {
    let (adapter, _) = canned.adapter();
    let error = adapter.complete(hello()).await.unwrap_err();
    assert_eq!(error.provider(), Some("anthropic"));
    error
}

fn body(code: &str, message: &str) -> serde_json::Value {
    json!({"type": "error", "error": {"type": code, "message": message}, "request_id": "req_1"})
}

#[tokio::test]
async fn each_status_has_its_kind_and_its_retry() {
    let cases = [
        (
            400,
            "invalid_request_error",
            ErrorKind::InvalidRequest,
            false,
        ),
        (
            401,
            "authentication_error",
            ErrorKind::Authentication,
            false,
        ),
        (402, "billing_error", ErrorKind::QuotaExceeded, false),
        (403, "permission_error", ErrorKind::AccessDenied, false),
        (404, "not_found_error", ErrorKind::NotFound, false),
        (408, "timeout", ErrorKind::RequestTimeout, false),
        (413, "request_too_large", ErrorKind::ContextLength, false),
        (429, "rate_limit_error", ErrorKind::RateLimit, true),
        (500, "api_error", ErrorKind::Server, true),
        (529, "overloaded_error", ErrorKind::Server, true),
    ];
    for (status, code, kind, retryable) in cases {
        let error = failure(Canned::json(status, &body(code, "a reason"))).await;
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, retryable),
            "{status}"
        );
        assert_eq!(
            (error.status_code(), error.error_code()),
            (Some(status), Some(code))
        );
        assert_eq!(
            error.to_string(),
            format!("anthropic: a reason (HTTP {status})")
        );
        assert_eq!(error.raw().unwrap()["request_id"], "req_1");
    }
}

#[tokio::test]
async fn headers_say_when_and_whether_to_try_again() {
    let limited = || Canned::json(429, &body("rate_limit_error", "slow down"));
    let error = failure(limited().header("retry-after", "12")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(12)));
    let error = failure(limited().header("x-should-retry", "false")).await;
    assert!(!error.is_retryable());
    let denied =
        Canned::json(401, &body("authentication_error", "no")).header("x-should-retry", "true");
    assert!(!failure(denied).await.is_retryable());
}

#[tokio::test]
async fn a_body_of_any_sort_gives_a_readable_message() {
    let page = "<html><head><title>502</title></head><body>Bad Gateway</body></html>";
    let cases = [
        (
            Canned::new(502, "text/html", page),
            "anthropic: 502 Bad Gateway (HTTP 502)",
        ),
        (
            Canned::new(500, "text/plain", ""),
            "anthropic: server error (HTTP 500)",
        ),
        (
            Canned::json(503, &json!({"error": "down"})),
            "anthropic: down (HTTP 503)",
        ),
    ];
    for (canned, message) in cases {
        let error = failure(canned).await;
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Server, message)
        );
    }
}

#[tokio::test]
async fn an_error_in_a_successful_reply_is_an_error() {
    let error = failure(Canned::json(200, &body("overloaded_error", "busy"))).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(
        failure(Canned::json(200, &json!({"hello": 1})))
            .await
            .kind(),
        ErrorKind::Server
    );
    assert_eq!(
        failure(Canned::json(200, &json!("x"))).await.kind(),
        ErrorKind::Server
    );
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_in_the_error() {
    let error = failure(Canned::json(
        401,
        &body("authentication_error", "bad key secret-key"),
    ))
    .await;
    let shown = format!("{error} {error:?} {:?}", error.raw());
    assert!(
        shown.contains("[redacted]") && !shown.contains("secret-key"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_redirect_is_a_configuration_error_that_says_where_to() {
    let moved = Canned::new(308, "text/html", "").header("location", "https://example.com/");
    let error = failure(moved).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error
            .message()
            .ends_with("redirects to https://example.com/"),
        "{error}"
    );
}

#[tokio::test]
async fn a_reply_is_read_up_to_a_limit() {
    let body = vec![b' '; MAX_REPLY_BYTES + 1];
    let error = failure(Canned::new(200, "application/json", body.as_slice()).piece(1 << 20)).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Network, false)
    );
    let error = failure(Canned::new(500, "text/plain", body).piece(1 << 20)).await;
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[tokio::test]
async fn the_allowance_is_reported() {
    let reply = json!({"type": "message", "role": "assistant", "content": []});
    let canned = Canned::json(200, &reply).header("anthropic-ratelimit-requests-remaining", "7");
    let (adapter, _) = canned.adapter();
    let response = adapter.complete(hello()).await.unwrap();
    assert_eq!(response.rate_limit.unwrap().requests_remaining, Some(7));
}

#[test]
fn an_adapter_without_key_or_with_a_bad_url_is_a_configuration_error() {
    let no_key = AnthropicAdapter::new(" \n").unwrap_err();
    let bad_url = |url| {
        AnthropicAdapter::builder("secret-key")
            .base_url(url)
            .build()
            .unwrap_err()
    };
    for error in [
        no_key,
        bad_url("nonsense"),
        bad_url("ftp://example.com"),
        bad_url("https://user:secret-key@example.com"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!format!("{error} {error:?}").contains("secret-key"));
    }
}

//! Failed replies of Chat Completions, what their headers tell, and adapters that can't be made.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::provider::openai_compatible::Service;
use attractor_llm::{Error, ErrorKind, OpenAiCompatibleAdapter, ProviderAdapter as _};
use serde_json::{Value, json};

use crate::canned::{Canned, hello};

async fn failure(canned: Canned) -> Error {
    let (adapter, _) = canned.chat();
    let error = adapter.complete(hello()).await.unwrap_err();
    assert_eq!(error.provider(), Some("chat"));
    error
}

#[tokio::test]
async fn each_service_says_what_failed_in_its_own_form() {
    let nested = json!({"error": {"message": "Incorrect API key", "type": "invalid_request_error",
        "code": "invalid_api_key"}});
    let wrapped = json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {
        "provider_name": "X", "raw": "{\"error\":{\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}"}}});
    let vllm = json!({"object": "error", "message": "The model `x` does not exist.", "code": 404});
    let mistral = json!({"object": "error", "message": {"detail": [{"msg": "Field required"}]},
        "type": "invalid_request_invalid_args", "code": null});
    let cases = [
        (401, nested, ErrorKind::Authentication),
        (400, wrapped, ErrorKind::ContextLength),
        (404, vllm, ErrorKind::NotFound),
        (422, mistral, ErrorKind::InvalidRequest),
        (
            402,
            json!({"error": {"message": "Insufficient Balance"}}),
            ErrorKind::QuotaExceeded,
        ),
        (
            429,
            json!({"error": {"code": "insufficient_quota"}}),
            ErrorKind::QuotaExceeded,
        ),
        (429, json!({"message": "slow down"}), ErrorKind::RateLimit),
        (
            400,
            json!({"code": "x", "error": "Incorrect API key provided."}),
            ErrorKind::Authentication,
        ),
        (
            400,
            json!([{"error": {"message": "listed"}}]),
            ErrorKind::InvalidRequest,
        ),
        (503, json!({"error": "model is loading"}), ErrorKind::Server),
        (422, json!({"detail": "no"}), ErrorKind::InvalidRequest),
        (500, json!(null), ErrorKind::Server),
    ];
    for (status, body, kind) in cases {
        let error = failure(Canned::json(status, &body)).await;
        assert_eq!(
            (error.kind(), error.status_code()),
            (kind, Some(status)),
            "{body}"
        );
    }
    for page in [
        "",
        "<html><body><h1>502</h1> Bad Gateway</body></html>",
        "upstream timed out",
    ] {
        let error = failure(Canned::new(502, "text/html", page)).await;
        assert_eq!(error.kind(), ErrorKind::Server, "{page}");
    }
}

#[tokio::test]
async fn an_error_in_a_successful_reply_is_an_error() {
    let filtered =
        json!({"error": {"code": "content_filter", "message": "filtered", "status": 400}});
    let cases = [
        (filtered, ErrorKind::ContentFilter),
        (
            json!({"error": {"code": 429, "message": "busy"}}),
            ErrorKind::RateLimit,
        ),
        (
            json!({"object": "error", "message": "bad", "code": 400}),
            ErrorKind::InvalidRequest,
        ),
        (json!({"detail": "model not found"}), ErrorKind::NotFound),
        (json!({"hello": 1}), ErrorKind::Server),
        (json!({"choices": []}), ErrorKind::Server),
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
async fn delays_and_the_allowance_are_read() {
    let limited = json!({"error": {"message": "slow", "code": "rate_limit_exceeded"}});
    let error = failure(Canned::json(429, &limited).header("retry-after-ms", "1500")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_millis(1500)));
    let reply = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]});
    let canned = Canned::json(200, &reply)
        .header("x-ratelimit-limit-requests", "5000")
        .header("x-ratelimit-remaining-tokens", "199")
        .header("x-ratelimit-reset-requests", "6m0s");
    let (adapter, _) = canned.chat();
    let left = adapter.complete(hello()).await.unwrap().rate_limit.unwrap();
    assert_eq!(
        (left.requests_limit, left.tokens_remaining),
        (Some(5000), Some(199))
    );
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_in_the_error() {
    let reply = json!({"error": {"message": "Incorrect API key provided: secret-key"}});
    let error = failure(Canned::json(401, &reply)).await;
    let shown = format!("{error} {error:?} {:?}", error.raw());
    assert!(
        shown.contains("[redacted]") && !shown.contains("secret-key"),
        "{shown}"
    );
}

#[tokio::test]
async fn replies_may_be_as_sloppy_as_streams() {
    let message = |message: Value| json!({"choices": [{"message": message, "finish_reason": ""}], "usage": {}});
    let call = json!({"function": {"name": "x", "arguments": {"a": 1}}});
    let cases = [
        (message(json!({"content": {"a": 1}})), "{\"a\":1}", 0),
        (
            message(json!({"content": [{"type": "text", "text": "a"}, {"type": "reference"}]})),
            "a",
            0,
        ),
        (
            message(json!({"content": null, "tool_calls": [call]})),
            "",
            1,
        ),
        (
            message(json!({"function_call": {"name": "x", "arguments": "{}"}})),
            "",
            1,
        ),
        (
            message(json!({"function_call": {"name": "", "arguments": ""}, "audio": {"id": ""}})),
            "",
            0,
        ),
        (
            message(json!({"audio": {"id": "a", "data": "AAAA", "transcript": "Hi"}})),
            "Hi",
            0,
        ),
        (json!({"choices": [{"delta": {"content": "b"}}]}), "b", 0),
        (
            json!({"choices": [{"index": 1, "message": {"content": "no"}},
                            {"index": 0, "message": {"content": "yes"}}]}),
            "yes",
            0,
        ),
    ];
    for (reply, text, calls) in cases {
        let (adapter, _) = Canned::json(200, &reply).chat();
        let response = adapter.complete(hello()).await.unwrap();
        assert_eq!(
            (response.text().as_str(), response.tool_calls().len()),
            (text, calls),
            "{reply}"
        );
        assert!(
            response
                .tool_calls()
                .iter()
                .all(|call| call.invalid.is_none()),
            "{reply}"
        );
    }
}

#[test]
fn an_adapter_without_the_key_it_needs_or_with_a_bad_url_is_a_configuration_error() {
    let bad_url = |url| {
        OpenAiCompatibleAdapter::builder("x", url)
            .api_key("secret-key")
            .build()
    };
    for error in [
        OpenAiCompatibleAdapter::service(Service::Groq, " \n")
            .build()
            .unwrap_err(),
        OpenAiCompatibleAdapter::azure("", "secret-key")
            .build()
            .unwrap_err(),
        bad_url("nonsense").unwrap_err(),
        bad_url("ftp://a.b").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!format!("{error} {error:?}").contains("secret-key"));
    }
    for service in [Service::Ollama, Service::Vllm, Service::LlamaCpp] {
        assert!(
            OpenAiCompatibleAdapter::service(service, "")
                .build()
                .is_ok()
        );
    }
}

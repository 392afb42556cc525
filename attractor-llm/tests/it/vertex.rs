//! Vertex AI: the addresses, the token of each request, and two protocols at one place.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attractor_llm::testing::conformance::{self, OverHttp};
use attractor_llm::{
    Credential, CredentialSource, Error, ErrorKind, Message, ProviderAdapter, Request,
    ToolDefinition, VertexAdapter, async_trait,
};
use serde_json::{Value, json};

use crate::canned::{Canned, finished};

/// A token source of the test: another token for each request.
#[derive(Debug, Default)]
struct Tokens(AtomicUsize);

#[async_trait]
impl CredentialSource for Tokens {
    async fn credential(&self) -> Result<Credential, Error> {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Credential::new(format!("token-{count}")))
    }
}

fn vertex(location: &str, canned: Canned) -> (VertexAdapter, Arc<Canned>) {
    let canned = Arc::new(canned);
    let adapter = VertexAdapter::builder("acme", location)
        .credentials(Tokens::default())
        .transport(canned.clone())
        .build()
        .unwrap();
    (adapter, canned)
}

fn ask(model: &str) -> Request {
    Request::new(model, vec![Message::user("hello")])
}

fn gemini() -> Canned {
    let part = json!({"text": "ok"});
    Canned::json(
        200,
        &json!({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}),
    )
}

async fn url(location: &str, model: &str) -> String {
    let (adapter, canned) = vertex(location, gemini());
    adapter.complete(ask(model)).await.unwrap();
    let requests = canned.requests.lock().unwrap();
    requests[0].url.clone()
}

#[tokio::test]
async fn the_adapter_conforms_with_tokens_of_its_own_source() {
    let harness = OverHttp::new(|base_url| {
        let adapter = VertexAdapter::builder("acme", "global")
            .base_url(base_url)
            .credentials(Tokens::default())
            .build()?;
        Ok(Arc::new(adapter) as Arc<dyn ProviderAdapter>)
    });
    let report = conformance::run(&harness).await;
    assert!(report.is_success(), "{report}");
    assert!(report.skipped.is_empty(), "{report:?}");
}

#[tokio::test]
async fn each_model_has_its_address() {
    let parent = "v1beta1/projects/acme/locations";
    assert_eq!(
        url("global", "gemini-3-flash-preview").await,
        format!(
            "https://aiplatform.googleapis.com/{parent}/global/publishers/google/models/\
             gemini-3-flash-preview:generateContent"
        )
    );
    assert_eq!(
        url("europe-west4", "endpoints/7").await,
        format!(
            "https://europe-west4-aiplatform.googleapis.com/{parent}/europe-west4/endpoints/7:\
             generateContent"
        )
    );
}

#[tokio::test]
async fn each_request_has_a_token_of_the_source_and_shows_none() {
    let (adapter, canned) = vertex("global", gemini());
    for _ in 0..2 {
        adapter.complete(ask("gemini-2.5-flash")).await.unwrap();
    }
    let requests = canned.requests.lock().unwrap();
    let token = |at: usize| {
        let headers = requests[at].headers.iter();
        let mut tokens = headers.filter(|it| it.name == "authorization");
        tokens.next().unwrap().value.clone()
    };
    assert_eq!([token(0), token(1)], ["Bearer token-0", "Bearer token-1"]);
    let shown = format!("{:?} {adapter:?}", *requests);
    assert!(!shown.contains("token-"), "{shown}");
}

#[tokio::test]
async fn tools_of_google_stand_beside_others_without_the_gemini_apis_flag() {
    let (adapter, canned) = vertex("global", gemini());
    let tool = ToolDefinition::new("now", "The time", json!({"type": "object"})).unwrap();
    let request = ask("gemini-3-flash-preview")
        .tools(vec![tool])
        .provider_option("vertex", "tools", json!([{"googleSearch": {}}]));
    adapter.complete(request).await.unwrap();
    let body = canned.body_sent();
    assert_eq!(body["tools"].as_array().unwrap().len(), 2);
    assert!(
        !body
            .to_string()
            .contains("includeServerSideToolInvocations")
    );
}

#[tokio::test]
async fn claude_is_asked_by_raw_predict() {
    let stream = include_str!("../fixtures/streams/text_and_tools.sse");
    let (adapter, canned) = vertex("us-east5", Canned::events(stream));
    let model = "claude-opus-4-6@20260205";
    let response = finished(&adapter, ask(model)).await;
    assert_eq!(response.provider, "vertex");
    assert!(!response.tool_calls().is_empty());
    let body = canned.body_sent();
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
    assert_eq!(
        (body.get("model"), &body["stream"]),
        (None, &Value::Bool(true))
    );
    assert_eq!(canned.header_sent("anthropic-version"), None);
    let url = canned.requests.lock().unwrap()[0].url.clone();
    assert!(url.ends_with(&format!(
        "/publishers/anthropic/models/{model}:streamRawPredict"
    )));
}

#[tokio::test]
async fn a_failure_of_the_source_or_of_google_has_its_kind() {
    #[derive(Debug)]
    struct None;
    #[async_trait]
    impl CredentialSource for None {
        async fn credential(&self) -> Result<Credential, Error> {
            Err(Error::new(ErrorKind::Authentication, "no token"))
        }
    }
    let adapter = VertexAdapter::builder("acme", "global").credentials(None);
    let error = adapter
        .build()
        .unwrap()
        .complete(ask("gemini-3"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.provider()),
        (ErrorKind::Authentication, Some("vertex"))
    );
    let denied = json!({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}});
    for model in ["gemini-3-flash", "claude-opus-4-6"] {
        let (adapter, _) = vertex("global", Canned::json(403, &denied));
        let error = adapter.complete(ask(model)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{model}");
    }
}

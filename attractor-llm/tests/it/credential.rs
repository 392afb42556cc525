//! Keys that rotate, keys that are missing, and where a key may be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use attractor_llm::provider::{Credential, CredentialSource};
use attractor_llm::{
    AnthropicAdapter, Error, ErrorKind, OpenAiAdapter, ProviderAdapter as _, Timeouts, async_trait,
};
use serde_json::json;

use crate::canned::{Canned, hello};

/// Gives another token each time.
#[derive(Debug, Default)]
struct Rotating(AtomicU32);

#[async_trait]
impl CredentialSource for Rotating {
    async fn credential(&self) -> Result<Credential, Error> {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Credential::new(format!(" token-{count}\n")))
    }
}

#[derive(Debug)]
struct Broken;

#[async_trait]
impl CredentialSource for Broken {
    async fn credential(&self) -> Result<Credential, Error> {
        Err(Error::new(ErrorKind::Authentication, "the vault is sealed"))
    }
}

#[derive(Debug)]
struct Endless;

#[async_trait]
impl CredentialSource for Endless {
    async fn credential(&self) -> Result<Credential, Error> {
        std::future::pending().await
    }
}

fn refusing() -> Arc<Canned> {
    let body = json!({"error": {"message": "token-0 isn't good, nor is token-1", "code": "x"}});
    Arc::new(Canned::json(401, &body))
}

#[tokio::test]
async fn every_request_has_the_credential_of_its_moment() {
    let canned = refusing();
    let builder = OpenAiAdapter::builder("").credentials(Rotating::default());
    let adapter = builder.transport(canned.clone()).build().unwrap();
    adapter.complete(hello()).await.unwrap_err();
    assert_eq!(
        canned.header_sent("authorization").unwrap(),
        "Bearer token-0"
    );
    canned.requests.lock().unwrap().clear();
    adapter.stream(hello()).await.err().unwrap();
    assert_eq!(
        canned.header_sent("authorization").unwrap(),
        "Bearer token-1"
    );
}

#[tokio::test]
async fn a_credential_that_a_server_repeats_is_not_in_the_error() {
    let builder = AnthropicAdapter::builder("").credentials(Rotating::default());
    let adapter = builder.transport(refusing()).build().unwrap();
    let error = adapter.complete(hello()).await.unwrap_err();
    let shown = format!("{error} {error:?} {:?} {adapter:?}", error.raw());
    assert!(
        shown.contains("[redacted]") && !shown.contains("token-0"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_failure_of_a_source_is_that_of_the_request() {
    let canned = refusing();
    let builder = AnthropicAdapter::builder("ignored").credentials(Broken);
    let adapter = builder.transport(canned.clone()).build().unwrap();
    let error = adapter.complete(hello()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!(error.provider(), Some("anthropic"));
    assert!(canned.requests.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_gives_nothing_is_waited_for_as_long_as_a_request() {
    let builder = AnthropicAdapter::builder("").credentials(Endless);
    let timeouts = Timeouts::default().request(Duration::from_secs(7));
    let adapter = builder
        .timeouts(timeouts)
        .transport(refusing())
        .build()
        .unwrap();
    let error = adapter.complete(hello()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert!(error.to_string().contains("7 s"), "{error}");
}

#[test]
fn without_key_and_source_there_is_no_adapter() {
    let error = OpenAiAdapter::new(" ").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

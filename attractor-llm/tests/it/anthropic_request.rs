//! What goes out to the Messages API, for each request in `tests/fixtures/requests`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use attractor_llm::{
    AnthropicAdapter, AudioData, ContentPart, ErrorKind, ImageData, Message, ProviderAdapter as _,
    Request, Role,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::{Canned, hello};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/requests");

/// What was sent for a request, and what the caller is warned of.
async fn sent(request: Request) -> Value {
    let reply = json!({"type": "message", "role": "assistant", "content": []});
    let (adapter, canned) = Canned::json(200, &reply).adapter();
    let response = adapter.complete(request).await.unwrap();
    json!({
        "body": canned.body_sent(),
        "anthropic-beta": canned.header_sent("anthropic-beta"),
        "warnings": response.warnings,
    })
}

#[tokio::test]
async fn each_request_has_its_body() {
    let mut files: Vec<_> = Path::new(FIXTURES)
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10, "{} fixtures", files.len());
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let request: Request = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let sent = sent(request).await;
        insta::with_settings!({prepend_module_to_snapshot => false, snapshot_path => "../snapshots/requests"}, {
            assert_json_snapshot!(name, sent);
        });
    }
}

#[tokio::test]
async fn a_stream_is_asked_for_with_the_same_body() {
    let (adapter, canned) = Canned::events("").adapter();
    let _ = adapter.stream(hello()).await;
    let mut body = canned.body_sent();
    assert_eq!(
        body.as_object_mut().unwrap().remove("stream"),
        Some(json!(true))
    );
    assert_eq!(body, sent(hello()).await["body"]);
}

#[tokio::test]
async fn key_and_version_are_in_the_headers_and_the_key_nowhere_else() {
    let (adapter, canned) = Canned::events("").adapter();
    let _ = adapter.complete(hello()).await;
    assert_eq!(
        canned.header_sent("x-api-key").as_deref(),
        Some("secret-key")
    );
    assert_eq!(
        canned.header_sent("anthropic-version").as_deref(),
        Some("2023-06-01")
    );
    assert!(!format!("{adapter:?} {:?}", canned.requests.lock().unwrap()).contains("secret-key"));
}

#[tokio::test]
async fn a_default_header_replaces_ours_and_adds_to_the_betas() {
    let canned = Arc::new(Canned::events(""));
    let adapter = AnthropicAdapter::builder("secret-key")
        .default_header("Anthropic-Version", "2030-01-01")
        .default_header("anthropic-beta", "mine-1")
        .transport(canned.clone())
        .build()
        .unwrap();
    let _ = adapter.complete(hello()).await;
    assert_eq!(
        canned.header_sent("anthropic-version").as_deref(),
        Some("2030-01-01")
    );
    let betas = canned.header_sent("anthropic-beta");
    assert_eq!(betas.as_deref(), Some("mine-1,prompt-caching-2024-07-31"));
}

#[tokio::test]
async fn an_unknown_model_gets_the_usual_max_tokens() {
    let mut request = hello();
    request.model = "some-other-model".to_owned();
    assert_eq!(sent(request).await["body"]["max_tokens"], 4096);
}

#[tokio::test]
async fn each_turn_extends_the_one_before() {
    let mut request = hello().provider_option("anthropic", "auto_cache", false);
    let first = sent(request.clone()).await["body"]["messages"].to_string();
    request
        .messages
        .extend([Message::assistant("Hi."), Message::user("And?")]);
    let second = sent(request).await["body"]["messages"].to_string();
    assert!(
        second.starts_with(first.trim_end_matches(']')),
        "{first}\n{second}"
    );
}

#[tokio::test]
async fn a_local_image_is_sent_inline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dot.gif");
    std::fs::write(&path, b"GIF89a").unwrap();
    let mut request = hello();
    let image = ContentPart::Image(ImageData::from_url(path.to_string_lossy()));
    request.messages.push(Message::new(Role::User, vec![image]));
    let source = sent(request).await["body"]["messages"][0]["content"][1]["source"].clone();
    let expected = json!({"type": "base64", "media_type": "image/gif", "data": "R0lGODlh"});
    assert_eq!(source, expected);
}

#[tokio::test]
async fn what_the_api_cannot_take_is_an_invalid_request() {
    let audio = ContentPart::Audio(AudioData::from_bytes(vec![0], "audio/wav"));
    let missing = ContentPart::Image(ImageData::from_url("./no/such/file.png"));
    let empty = ContentPart::Image(ImageData::default());
    for part in [audio, missing, empty] {
        let (adapter, canned) = Canned::events("").adapter();
        let request = Request::new(
            "claude-opus-4-6",
            vec![Message::new(Role::User, vec![part])],
        );
        let error = adapter.complete(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(canned.requests.lock().unwrap().is_empty());
    }
}

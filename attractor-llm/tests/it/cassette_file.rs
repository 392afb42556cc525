//! What is in the file of a cassette, and what isn't.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use attractor_llm::cassette::{Cassette, Content, Player, Recorder, Redaction};
use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, ErrorKind, Message, ProviderAdapter as _, Request};
use serde_json::{Value, json};

use crate::canned::{Canned, finished, hello};
use crate::cassette::{KEY, file};

async fn record(path: &Path, canned: Canned, redaction: Redaction) -> Value {
    let recorder = Recorder::create(path).unwrap().redaction(redaction);
    let adapter = AnthropicAdapter::builder(KEY)
        .base_url("https://proxy.example/anthropic?key=query-secret&tenant=7")
        .default_header("x-tenant", "tenant-secret")
        .transport(Arc::new(recorder.over(Arc::new(canned))));
    let request = Request::new(
        "claude-opus-4-6",
        vec![Message::user("my card is 4242 4242")],
    );
    let _ = adapter.build().unwrap().complete(request).await;
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn secrets_are_nowhere_in_the_file() {
    let (_folder, path) = file();
    let message = format!("bad key {KEY}, bad query query-secret");
    let reply = json!({"error": {"type": "authentication_error", "message": message}, "ip": "::1"});
    let canned = Canned::json(401, &reply)
        .header("set-cookie", "session=cookie-secret")
        .header("request-id", "req_1");
    let redaction = Redaction::default().secret("4242 4242").body(|body| {
        if let Some(ip) = body.get_mut("ip") {
            *ip = json!("0.0.0.0");
        }
    });
    let written = record(&path, canned, redaction).await;
    let text = written.to_string();
    for secret in [
        KEY,
        "query-secret",
        "tenant-secret",
        "cookie-secret",
        "4242",
        "::1",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let exchange = &written["exchanges"][0];
    assert_eq!(exchange["request"]["headers"]["x-api-key"], "[redacted]");
    assert_eq!(
        exchange["request"]["headers"]["anthropic-version"],
        "2023-06-01"
    );
    let expected = json!({"content-type": "application/json", "request-id": "req_1"});
    assert_eq!(exchange["response"]["headers"], expected);
    let expected = "bad key [redacted], bad query [redacted]";
    assert_eq!(exchange["response"]["body"]["error"]["message"], expected);
}

#[tokio::test]
async fn a_redacted_recording_answers_the_same_request_with_other_secrets() {
    let (_folder, path) = file();
    let adapter = |key: &str, transport| {
        let builder = AnthropicAdapter::builder(key).transport(transport);
        builder.build().unwrap()
    };
    let redaction = || {
        Redaction::default().body(|body| {
            if let Some(text) = body.pointer_mut("/messages/0/content/0/text") {
                *text = json!("at some time");
            }
        })
    };
    let at = |time: &str| Request::new("m", vec![Message::user(time)]);
    let reply = json!({"type": "message", "content": [{"type": "text", "text": "ok"}]});
    let recorder = Recorder::create(&path).unwrap().redaction(redaction());
    let recorder = recorder.over(Arc::new(Canned::json(200, &reply)));
    adapter(KEY, Arc::new(recorder))
        .complete(at("12:00"))
        .await
        .unwrap();
    let player = Player::open(&path).unwrap().redaction(redaction());
    let replayed = adapter("other-secret", Arc::new(player))
        .complete(at("13:30"))
        .await;
    assert_eq!(replayed.unwrap().text(), "ok");
}

#[tokio::test]
async fn the_events_of_a_stream_are_redacted_one_by_one() {
    let (_folder, path) = file();
    let events = include_str!("../fixtures/streams/text_and_tools.sse");
    let redaction = Redaction::default().body(|body| {
        if let Some(id) = body.pointer_mut("/message/id") {
            *id = json!("msg_redacted");
        }
    });
    let recorder = Recorder::create(&path).unwrap().redaction(redaction);
    let recorder = recorder.over(Arc::new(Canned::events(events)));
    let adapter = AnthropicAdapter::builder(KEY).transport(Arc::new(recorder));
    let response = finished(&adapter.build().unwrap(), hello()).await;
    assert_ne!(response.id, "msg_redacted");
    let adapter = AnthropicAdapter::builder(KEY).transport(Arc::new(Player::open(&path).unwrap()));
    let replayed = finished(&adapter.build().unwrap(), hello()).await;
    assert_eq!(replayed.id, "msg_redacted");
    assert_eq!(replayed.message, response.message);
}

#[tokio::test]
async fn the_file_is_readable_and_sound_after_every_exchange() {
    let (_folder, path) = file();
    let script = Script::new().turn(Turn::text("Hello.").repeat());
    let server = ScriptedServer::start(script).await.unwrap();
    let recorder = Recorder::create(&path).unwrap();
    assert_eq!(Cassette::read(&path).unwrap().exchanges, []);
    for count in 1..4 {
        // As after a kill: each process adds to what the one before has left.
        let recorder = if count == 1 {
            recorder.clone()
        } else {
            Recorder::append(&path).unwrap()
        };
        let adapter = AnthropicAdapter::builder(KEY)
            .base_url(server.base_url())
            .transport(Arc::new(recorder));
        adapter.build().unwrap().complete(hello()).await.unwrap();
        let cassette = Cassette::read(&path).unwrap();
        assert_eq!(cassette.exchanges.len(), count);
        assert!(matches!(
            cassette.exchanges[0].request.content,
            Content::Json(_)
        ));
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\n  \"format\": \"attractor-llm cassette\",\n  \"version\": 1,\n"));
    assert!(text.contains("\n          \"content\": ["), "{text}");
    let files = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "a temporary file is left");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_fails_the_next_request() {
    let (folder, path) = file();
    let canned = || {
        Arc::new(Canned::json(
            200,
            &json!({"type": "message", "content": []}),
        ))
    };
    let recorder = Recorder::create(&path).unwrap().over(canned());
    let adapter = AnthropicAdapter::builder(KEY).transport(Arc::new(recorder.clone()));
    let adapter = adapter.build().unwrap();
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(folder.path().join("cassettes"), "a file in the way").unwrap();
    adapter.complete(hello()).await.unwrap();
    assert_eq!(
        recorder.finish().unwrap_err().kind(),
        ErrorKind::Configuration
    );
    let error = adapter.complete(hello()).await.unwrap_err();
    assert!(
        error.to_string().contains("can't write the cassette"),
        "{error}"
    );
    assert!(Recorder::create(&path).is_err());
}

#[test]
fn what_is_no_cassette_of_this_version_is_refused() {
    let (_folder, path) = file();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = |version: u32, format: &str, exchanges: Value| {
        json!({"format": format, "version": version, "exchanges": exchanges}).to_string()
    };
    let request = json!({"method": "POST", "url": "https://a/b", "body": {}});
    let bad = json!([{"request": request, "response": {"status": 200, "base64": "!"}}]);
    let cases = [
        ("{".to_owned(), "EOF"),
        (
            file(2, "attractor-llm cassette", json!([])),
            "its version is 2",
        ),
        (
            file(1, "something", json!([])),
            "its format is \"something\"",
        ),
        (
            file(1, "attractor-llm cassette", json!([{}])),
            "missing field `request`",
        ),
        (
            file(1, "attractor-llm cassette", bad),
            "base64 of exchange 1",
        ),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, text).unwrap();
        let error = Player::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(Player::open("no/such/file.json").is_err());
}

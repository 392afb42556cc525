//! The replay server: what was recorded, and what can go wrong on the way.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::cassette::{Cassette, Content, Exchange, Outcome, Reply, Sent};
use attractor_llm::testing::{Fault, ReplayServer};
use attractor_llm::{AnthropicAdapter, Error, ErrorKind, ProviderAdapter as _, Response, Timeouts};
use serde_json::{Value, json};

use crate::canned::{drain, hello};
use crate::testing_wire::post_to;

const EVENTS: &str = include_str!("../fixtures/streams/text_and_tools.sse");

fn exchange(content: Content) -> Exchange {
    let sent = Sent::post(
        "https://api.anthropic.com/v1/messages",
        Content::Json(json!({})),
    );
    let reply = Reply::new(200, [].into(), content);
    Exchange::new(sent, Outcome::Reply(reply))
}

fn cassette() -> Cassette {
    let stream = Content::new(EVENTS.as_bytes(), Some("text/event-stream"));
    let message = json!({"type": "message", "content": [{"type": "text", "text": "Grüße"}]});
    Cassette::new(vec![exchange(stream), exchange(Content::Json(message))])
}

fn adapter(base_url: String) -> AnthropicAdapter {
    let mut timeouts = Timeouts::default();
    if base_url.contains("stall") {
        let soon = Duration::from_millis(300);
        timeouts = timeouts.stream_read(soon).request(soon);
    }
    let builder = AnthropicAdapter::builder("key")
        .base_url(base_url)
        .timeouts(timeouts);
    builder.build().unwrap()
}

async fn streamed(server: &ReplayServer, fault: Fault) -> Result<Response, Error> {
    let (events, error) = drain(&adapter(server.url_of(0, fault)), hello()).await;
    match (error, events.into_iter().next_back()) {
        (Some(error), _) => Err(error),
        (None, Some(attractor_llm::StreamEvent::Finish { response, .. })) => Ok(*response),
        (None, other) => panic!("the last event is {other:?}"),
    }
}

#[tokio::test]
async fn a_harmless_fault_changes_nothing() {
    let server = ReplayServer::start(cassette()).await.unwrap();
    let expected = streamed(&server, Fault::none()).await.unwrap();
    for fault in Fault::harmless() {
        let response = streamed(&server, fault).await.unwrap();
        assert_eq!(response.message, expected.message, "{fault}");
        let whole = adapter(server.url_of(1, fault))
            .complete(hello())
            .await
            .unwrap();
        assert_eq!(whole.text(), "Grüße", "{fault}");
    }
}

#[tokio::test]
async fn a_stream_that_loses_its_end_is_an_error() {
    let server = ReplayServer::start(cassette()).await.unwrap();
    let last = EVENTS.rfind("event: message_stop").unwrap();
    for at in [0, 1, EVENTS.len() / 2, last, last + 20] {
        let none = Fault::none();
        let faults = [
            (none.ended_after(at), ErrorKind::Stream),
            (none.cut_after(at), ErrorKind::Stream),
            (none.reset_after(at), ErrorKind::Stream),
            (none.stalled_after(at), ErrorKind::RequestTimeout),
        ];
        for (fault, kind) in faults {
            let error = streamed(&server, fault).await.unwrap_err();
            // A connection may be reset before even the headers have been read.
            let early = error.kind() == ErrorKind::Network && fault == none.reset_after(at);
            assert!(error.kind() == kind || early, "{fault}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_reply_that_loses_its_end_is_an_error() {
    let server = ReplayServer::start(cassette()).await.unwrap();
    let none = Fault::none();
    for fault in [
        none.ended_after(9),
        none.cut_after(9),
        none.reset_after(9),
        none.stalled_after(9),
    ] {
        let result = adapter(server.url_of(1, fault)).complete(hello()).await;
        assert!(result.is_err(), "{fault}");
    }
}

#[tokio::test]
async fn at_its_base_url_it_plays_the_cassette_as_it_was_recorded() {
    let message = json!({"type": "message", "content": []});
    let exchanges = ["a", "b"].map(|name| {
        let sent = Sent::post(
            "https://x.y/v1/messages?z",
            Content::Json(json!({ "name": name })),
        );
        let reply = Reply::new(200, [].into(), Content::Json(message.clone()));
        Exchange::new(sent, Outcome::Reply(reply))
    });
    let server = ReplayServer::start(Cassette::new(exchanges.into()))
        .await
        .unwrap();
    let ask = async |name: &str, path: &str| -> Value {
        post_to(&server.base_url(), path, &json!({ "name": name }))
            .await
            .json()
    };
    assert_eq!(ask("b", "/v1/messages?z").await, message);
    let left = server.finish().unwrap_err().to_string();
    assert!(left.contains("1 of 2 exchanges"), "{left}");
    let error = ask("c", "/v1/messages?z").await["error"]["message"].to_string();
    assert!(
        error.contains("body.name was \\\"a\\\" and is \\\"c\\\""),
        "{error}"
    );
    assert_eq!(server.requests().len(), 2);
    server.shutdown().await;
}

//! Default settings.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{Client, DefaultSettings, Message, Request};
use serde_json::json;

fn defaults() -> Request {
    Request::new("unused", vec![Message::user("unused")])
        .temperature(0.2)
        .max_tokens(100)
        .stop_sequences(vec!["END".to_owned()])
        .provider_option("scripted", "a", 1)
        .provider_option("scripted", "b", 1)
        .provider_option("other", "c", 1)
}

/// The request that arrives, in both modes.
async fn arrived(request: Request) -> Vec<Request> {
    let model = ScriptedProvider::new(Script::new().turn(Turn::text("hi").repeat()));
    let builder = Client::builder()
        .provider(model.clone())
        .middleware(DefaultSettings::new(defaults()));
    let client = builder.build().unwrap();
    client.complete(request.clone()).await.unwrap();
    drop(client.stream(request).await.unwrap());
    model.requests()
}

#[tokio::test]
async fn what_a_request_leaves_open_is_filled_in() {
    for request in arrived(Request::new("m", vec![Message::user("hello")])).await {
        assert_eq!(
            (request.temperature, request.max_tokens),
            (Some(0.2), Some(100))
        );
        assert_eq!(request.stop_sequences, ["END"]);
        assert_eq!((request.model.as_str(), request.messages.len()), ("m", 1));
    }
}

#[tokio::test]
async fn what_a_request_sets_stays() {
    let request = Request::new("m", vec![Message::user("hello")])
        .temperature(0.9)
        .provider_option("scripted", "a", 2);
    for request in arrived(request).await {
        assert_eq!(
            (request.temperature, request.max_tokens),
            (Some(0.9), Some(100))
        );
        let options = json!({"scripted": {"a": 2, "b": 1}, "other": {"c": 1}});
        assert_eq!(json!(request.provider_options), options);
    }
}

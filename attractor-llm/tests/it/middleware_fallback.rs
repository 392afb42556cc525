//! Fallback between models.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::error::Error as _;

use attractor_llm::middleware::FailedAttempts;
use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{Client, Error, ErrorKind, Fallback, Message, Request, StreamEvent};
use futures::StreamExt as _;

fn ask() -> Request {
    Request::new("one/m1", vec![Message::user("hello")])
}

fn provider(name: &str, turn: Turn) -> ScriptedProvider {
    ScriptedProvider::new(Script::new().turn(turn.repeat())).named(name)
}

/// A client of `one`, which falls back to `two` and then to `three`.
fn client(turns: [Turn; 3], fallback: Fallback) -> (Client, [ScriptedProvider; 3]) {
    let [one, two, three] = turns;
    let providers = [
        provider("one", one),
        provider("two", two),
        provider("three", three),
    ];
    let [one, two, three] = providers.clone();
    let builder = Client::builder()
        .provider(one)
        .provider(two)
        .provider(three)
        .default_provider("one")
        .middleware(fallback);
    (builder.build().unwrap(), providers)
}

fn chain() -> Fallback {
    Fallback::to(["two/m2", "three/m3"])
}

async fn streamed(client: &Client) -> (Vec<StreamEvent>, Option<Error>) {
    let mut events = match client.stream(ask()).await {
        Ok(events) => events,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => seen.push(event),
            Err(error) => return (seen, Some(error)),
        }
    }
    (seen, None)
}

fn busy() -> Turn {
    Turn::api_error(529, "busy")
}

#[tokio::test]
async fn the_next_model_answers_and_a_warning_names_what_failed() {
    let (client, providers) = client(
        [busy(), Turn::api_error(401, "no key"), Turn::text("hi")],
        chain(),
    );
    let answer = client.complete(ask()).await.unwrap();
    assert_eq!(
        (answer.text().as_str(), answer.provider.as_str()),
        ("hi", "three")
    );
    let warnings: Vec<_> = answer
        .warnings
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(warnings.len(), 2);
    assert!(
        warnings[0].starts_with("one/m1 failed (server: one: busy"),
        "{warnings:?}"
    );
    assert!(
        warnings[1].starts_with("two/m2 failed (authentication:"),
        "{warnings:?}"
    );
    let models: Vec<_> = providers
        .iter()
        .map(|it| it.requests()[0].model.clone())
        .collect();
    assert_eq!(models, ["m1", "m2", "m3"]);
}

#[tokio::test]
async fn a_stream_falls_back_with_the_warning_at_both_ends() {
    let broken = Turn::empty().then_stream_error("overloaded_error", "busy");
    for first in [busy(), broken] {
        let (client, _) = client([first, Turn::text("hi"), busy()], chain());
        let (events, error) = streamed(&client).await;
        assert!(error.is_none());
        let Some(StreamEvent::StreamStart {
            warnings, provider, ..
        }) = events.first()
        else {
            panic!("{events:?}");
        };
        assert_eq!((warnings.len(), provider.as_str()), (1, "two"));
        let Some(StreamEvent::Finish { response, .. }) = events.last() else {
            panic!("{events:?}");
        };
        assert_eq!(
            (&response.warnings, response.text().as_str()),
            (warnings, "hi")
        );
    }
}

#[tokio::test]
async fn a_stream_that_breaks_after_an_event_is_not_begun_again() {
    let broken = Turn::text("Hel").then_stream_error("overloaded_error", "busy");
    let (client, providers) = client([broken, Turn::text("hi"), busy()], chain());
    let (events, error) = streamed(&client).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::Server);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, StreamEvent::TextDelta { .. }))
    );
    assert!(providers[1].requests().is_empty());
}

#[tokio::test]
async fn an_invalid_request_is_not_tried_elsewhere() {
    let (client, providers) = client(
        [Turn::api_error(400, "bad"), Turn::text("hi"), busy()],
        chain(),
    );
    assert_eq!(
        client.complete(ask()).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
    assert_eq!(
        streamed(&client).await.1.unwrap().kind(),
        ErrorKind::InvalidRequest
    );
    assert!(providers[1].requests().is_empty());
}

#[tokio::test]
async fn the_caller_may_decide_what_falls_through() {
    let only_invalid = chain().falls_through(|error| error.kind() == ErrorKind::InvalidRequest);
    let (client, providers) = client(
        [Turn::api_error(400, "bad"), busy(), Turn::text("hi")],
        only_invalid,
    );
    assert_eq!(
        client.complete(ask()).await.unwrap_err().kind(),
        ErrorKind::Server
    );
    assert!(providers[2].requests().is_empty());
}

#[tokio::test]
async fn when_all_fail_the_last_error_keeps_the_others() {
    let last = Turn::api_error(429, "slow down").header("retry-after", "7");
    let (client, _) = client([busy(), Turn::api_error(404, "none"), last], chain());
    for error in [
        client.complete(ask()).await.unwrap_err(),
        streamed(&client).await.1.unwrap(),
    ] {
        assert_eq!(
            (error.kind(), error.provider()),
            (ErrorKind::RateLimit, Some("three"))
        );
        assert_eq!(error.retry_after().unwrap().as_secs(), 7);
        let before = error
            .source()
            .unwrap()
            .downcast_ref::<FailedAttempts>()
            .unwrap();
        let kinds: Vec<_> = before
            .errors()
            .map(|(model, it)| (model, it.kind()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("one/m1", ErrorKind::Server),
                ("two/m2", ErrorKind::NotFound)
            ]
        );
        assert!(
            before.to_string().contains("one/m1 (one: busy (HTTP 529))"),
            "{before}"
        );
    }
}

#[tokio::test]
async fn a_model_that_answers_at_once_is_left_as_it_is() {
    let (client, providers) = client([Turn::text("hi"), busy(), busy()], chain());
    let answer = client.complete(ask()).await.unwrap();
    assert!(answer.warnings.is_empty() && answer.provider == "one");
    assert!(providers[1].requests().is_empty());
}

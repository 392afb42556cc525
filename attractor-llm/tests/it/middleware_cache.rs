//! The response cache.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::middleware::{CacheStore, MemoryStore};
use attractor_llm::testing::{Match, Script, ScriptedProvider, Turn};
use attractor_llm::{
    Client, ErrorKind, Message, Request, Response, ResponseCache, StreamAccumulator, StreamEvent,
};
use futures::StreamExt as _;
use serde_json::json;

fn ask(text: &str) -> Request {
    Request::new("m", vec![Message::user(text)])
}

fn repeating(turn: Turn) -> ScriptedProvider {
    ScriptedProvider::new(Script::new().turn(turn.repeat()))
}

fn cached(model: &ScriptedProvider, cache: &ResponseCache) -> Client {
    let builder = Client::builder()
        .provider(model.clone())
        .middleware(cache.clone());
    builder.build().unwrap()
}

async fn streamed(client: &Client, request: Request) -> Vec<StreamEvent> {
    let events = client.stream(request).await.unwrap();
    events.map(Result::unwrap).collect().await
}

/// How often a model is asked when these requests come one after the other.
async fn asked(cache: ResponseCache, model: ScriptedProvider, requests: Vec<Request>) -> usize {
    let client = cached(&model, &cache);
    for request in requests {
        let _ = client.complete(request).await;
    }
    model.requests().len()
}

#[tokio::test]
async fn an_answer_serves_both_modes_whichever_came_first() {
    let turn = Turn::thinking("hm", "c2ln")
        .and_text("two")
        .and_tool_call("list", json!({"path": "src"}))
        .and_block(json!({"type": "server_result", "n": 1}))
        .usage(10, 5);
    for stream_first in [false, true] {
        let model = repeating(turn.clone());
        let client = cached(&model, &ResponseCache::in_memory());
        if stream_first {
            streamed(&client, ask("hello")).await;
        }
        let whole = client.complete(ask("hello")).await.unwrap();
        let events = streamed(&client, ask("hello")).await;
        assert_eq!(model.requests().len(), 1);

        let mut accumulator = StreamAccumulator::new();
        events.iter().for_each(|event| accumulator.process(event));
        let again = accumulator.response().unwrap();
        assert_eq!(again.message, whole.message);
        assert_eq!((again.id, again.usage), (whole.id, whole.usage));
        let code = again.warnings.last().unwrap().code.as_deref();
        assert_eq!(code, Some("cached_response"));
    }
}

#[tokio::test]
async fn requests_differ_by_anything_but_the_order_of_keys() {
    let options = |first: &str, second: &str| {
        let request = ask("a").provider_option("scripted", first, 1);
        request.provider_option("scripted", second, 1)
    };
    let same = vec![options("x", "y"), options("y", "x")];
    let count = asked(
        ResponseCache::in_memory(),
        repeating(Turn::text("hi")),
        same,
    )
    .await;
    assert_eq!(count, 1);
    let different = vec![
        ask("a"),
        ask("b"),
        ask("a").max_tokens(9),
        Request::new("n", vec![Message::user("a")]),
    ];
    let count = asked(
        ResponseCache::in_memory(),
        repeating(Turn::text("hi")),
        different,
    )
    .await;
    assert_eq!(count, 4);
}

#[tokio::test]
async fn providers_do_not_share_answers() {
    let turn = |name: &str| repeating(Turn::text(name)).named(name);
    let builder = Client::builder()
        .provider(turn("one"))
        .provider(turn("two"))
        .middleware(ResponseCache::in_memory());
    let client = builder.build().unwrap();
    for name in ["one", "two", "one"] {
        let answer = client.complete(ask("hello").provider(name)).await.unwrap();
        assert_eq!(answer.text(), name);
    }
}

#[tokio::test]
async fn only_good_whole_answers_are_kept() {
    let failures = [
        Turn::api_error(500, "broken"),
        Turn::text("cut").finish_reason("length"),
        Turn::text("no").finish_reason("content_filter"),
    ];
    for turn in failures {
        let requests = vec![ask("a"), ask("a")];
        let count = asked(ResponseCache::in_memory(), repeating(turn), requests).await;
        assert_eq!(count, 2);
    }
    let model = repeating(Turn::text("hello"));
    let client = cached(&model, &ResponseCache::in_memory());
    let mut dropped = client.stream(ask("a")).await.unwrap();
    dropped.next().await;
    drop(dropped);
    client.complete(ask("a")).await.unwrap();
    assert_eq!(model.requests().len(), 2);
}

#[tokio::test]
async fn a_temperature_above_zero_passes_the_cache_by_unless_the_rule_says_otherwise() {
    let requests = |temperature: f64| vec![ask("a").temperature(temperature); 2];
    let model = || repeating(Turn::text("hi"));
    let cases = [
        (ResponseCache::in_memory(), 0.7, 2),
        (ResponseCache::in_memory(), 0.0, 1),
        (ResponseCache::in_memory().only_if(|_| true), 0.7, 1),
        (ResponseCache::in_memory().only_if(|_| false), 0.0, 2),
    ];
    for (cache, temperature, expected) in cases {
        assert_eq!(asked(cache, model(), requests(temperature)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_forgotten_when_its_time_is_over() {
    let model = repeating(Turn::text("hi"));
    let client = cached(
        &model,
        &ResponseCache::in_memory().ttl(Duration::from_secs(10)),
    );
    for (seconds, expected) in [(0, 1), (9, 1), (2, 2)] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        client.complete(ask("a")).await.unwrap();
        assert_eq!(model.requests().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn equal_requests_at_the_same_time_ask_once() {
    let model = repeating(Turn::text("hi").delay_ms(50));
    let client = cached(&model, &ResponseCache::in_memory());
    let calls = (0..5).map(|_| client.complete(ask("a")));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_asks_when_the_one_before_fails_or_gives_up() {
    let script = Script::new()
        .turn(Turn::api_error(500, "broken").delay_ms(50))
        .turn(Turn::silence())
        .turn(Turn::text("hi"));
    let model = ScriptedProvider::new(script);
    let client = cached(&model, &ResponseCache::in_memory());
    let patient = || client.complete(ask("a"));
    let hasty = tokio::time::timeout(Duration::from_millis(100), patient());
    let (first, second, third) = futures::join!(patient(), hasty, patient());
    assert_eq!(first.unwrap_err().kind(), ErrorKind::Server);
    assert!(second.is_err());
    assert_eq!(third.unwrap().text(), "hi");
}

async fn answer(text: &str) -> Response {
    let model = repeating(Turn::text(text).when(Match::any()));
    let client = Client::builder().provider(model).build().unwrap();
    client.complete(ask("a")).await.unwrap()
}

#[tokio::test]
async fn a_full_store_forgets_what_was_not_used_for_longest() {
    let store = MemoryStore::new(2, usize::MAX);
    let (response, ttl) = (answer("hi").await, Duration::MAX);
    store.put("a", &response, ttl).await;
    store.put("b", &response, ttl).await;
    assert!(store.get("a").await.is_some());
    store.put("c", &response, ttl).await;
    let kept = |key: &'static str| store.get(key);
    assert!(kept("a").await.is_some() && kept("b").await.is_none() && kept("c").await.is_some());
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn a_store_is_bounded_in_bytes() {
    let small = answer("hi").await;
    let size = serde_json::to_vec(&small).unwrap().len() + 1;
    let store = MemoryStore::new(100, 2 * size);
    for key in ["a", "b", "c"] {
        store.put(key, &small, Duration::MAX).await;
    }
    assert_eq!(store.len(), 2);
    store
        .put("d", &answer(&"x".repeat(2 * size)).await, Duration::MAX)
        .await;
    assert!(store.get("d").await.is_none());
    assert!(store.get("c").await.is_some());
    store.put("c", &small, Duration::MAX).await;
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn a_store_shows_no_content_in_debug() {
    let store = MemoryStore::default();
    store
        .put(
            "secret question",
            &answer("secret answer").await,
            Duration::MAX,
        )
        .await;
    let shown = format!("{:?}", ResponseCache::new(store));
    assert!(
        shown.contains("responses: 1") && !shown.contains("secret"),
        "{shown}"
    );
}

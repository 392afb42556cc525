//! The client's own rate limit, on a paused clock.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Mutex;
use std::time::Duration;

use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{Client, Error, ErrorKind, Message, RateLimit, Request, Response};
use futures::StreamExt as _;
use tokio::time::Instant;

fn ask() -> Request {
    Request::new("m", vec![Message::user("hello")])
}

fn client(turn: Turn, limit: &RateLimit) -> Client {
    let model = ScriptedProvider::new(Script::new().turn(turn.repeat()));
    let builder = Client::builder().provider(model).middleware(limit.clone());
    builder.build().unwrap()
}

/// When each of so many calls that start together was answered, in seconds, in their order.
async fn answered(client: &Client, calls: usize) -> Vec<u64> {
    let begun = Instant::now();
    let calls = (0..calls).map(|_| async move {
        client.complete(ask()).await.unwrap();
        begun.elapsed().as_secs()
    });
    futures::future::join_all(calls).await
}

fn hours() -> Duration {
    Duration::from_hours(5)
}

#[tokio::test(start_paused = true)]
async fn no_minute_sees_more_requests_than_allowed() {
    let limit = RateLimit::new().requests_per_minute(2).max_wait(hours());
    let client = client(Turn::text("hi"), &limit);
    assert_eq!(answered(&client, 5).await, [0, 0, 60, 60, 120]);
    tokio::time::advance(Duration::from_secs(30)).await;
    // One of the minute before is left.
    assert_eq!(answered(&client, 2).await, [0, 30]);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_as_the_answers_tell_them() {
    let limit = RateLimit::new().tokens_per_minute(1_000).max_wait(hours());
    let client = client(Turn::text("hi").usage(300, 200), &limit);
    let mut seconds = Vec::new();
    let begun = Instant::now();
    for _ in 0..5 {
        client.complete(ask()).await.unwrap();
        seconds.push(begun.elapsed().as_secs());
    }
    // Two answers use up a minute's tokens; the small estimate of a third no longer fits.
    assert_eq!(seconds, [0, 0, 60, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn a_request_larger_than_the_limit_goes_alone() {
    let limit = RateLimit::new().tokens_per_minute(5).max_wait(hours());
    let client = client(Turn::text("hi").usage(50, 0), &limit);
    assert_eq!(answered(&client, 3).await, [0, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn failed_calls_use_no_tokens_but_count_as_requests() {
    let limit = RateLimit::new()
        .tokens_per_minute(60)
        .requests_per_minute(3)
        .max_wait(hours());
    let client = client(Turn::api_error(500, "broken"), &limit);
    let begun = Instant::now();
    for seconds in [0, 0, 0, 60] {
        assert_eq!(
            client.complete(ask()).await.unwrap_err().kind(),
            ErrorKind::Server
        );
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn only_so_many_calls_are_under_way_at_a_time() {
    let limit = RateLimit::new().max_concurrent(2);
    let client = client(Turn::text("hi").delay_ms(1_000), &limit);
    assert_eq!(answered(&client, 5).await, [1, 1, 2, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_under_way_until_it_ends_or_is_dropped() {
    let limit = RateLimit::new()
        .max_concurrent(1)
        .max_wait(Duration::from_secs(5));
    let client = client(Turn::text("hi"), &limit);
    let mut first = client.stream(ask()).await.unwrap();
    first.next().await;
    let error = client.complete(ask()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimit);
    // Read to its end, it is over though it isn't dropped.
    while first.next().await.is_some() {}
    client.complete(ask()).await.unwrap();
    let second = client.stream(ask()).await.unwrap();
    drop(second);
    client.complete(ask()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_bound_is_refused_at_once_with_its_length() {
    let limit = RateLimit::new()
        .requests_per_minute(1)
        .max_wait(Duration::from_secs(10));
    let client = client(Turn::text("hi"), &limit);
    client.complete(ask()).await.unwrap();
    tokio::time::advance(Duration::from_secs(20)).await;
    let begun = Instant::now();
    let error = client.complete(ask()).await.unwrap_err();
    assert!(begun.elapsed().is_zero());
    assert_eq!(
        (error.kind(), error.error_code()),
        (ErrorKind::RateLimit, Some("client_rate_limit"))
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(40)));
    assert!(error.is_retryable());
    tokio::time::advance(Duration::from_secs(40)).await;
    client.complete(ask()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_count_for_the_one_who_comes() {
    let limit = RateLimit::new()
        .requests_per_minute(1)
        .max_wait(Duration::from_secs(100));
    let client = client(Turn::text("hi"), &limit);
    let results: Vec<Result<Response, Error>> =
        futures::future::join_all((0..4).map(|_| client.complete(ask()))).await;
    let refused: Vec<_> = results.iter().filter_map(|it| it.as_ref().err()).collect();
    assert_eq!(refused.len(), 2);
    assert!(
        refused
            .iter()
            .all(|it| it.retry_after() == Some(Duration::from_secs(120)))
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_gives_up_leaves_the_queue_to_the_others() {
    let limit = RateLimit::new().requests_per_minute(1).max_wait(hours());
    let client = client(Turn::text("hi"), &limit);
    client.complete(ask()).await.unwrap();
    let begun = Instant::now();
    let order = Mutex::new(Vec::new());
    let call = |name: &'static str| {
        let (client, order) = (&client, &order);
        async move {
            client.complete(ask()).await.unwrap();
            order
                .lock()
                .unwrap()
                .push((name, begun.elapsed().as_secs()));
        }
    };
    let hasty = tokio::time::timeout(Duration::from_secs(1), call("hasty"));
    let (gone, ..) = futures::join!(hasty, call("second"), call("third"));
    assert!(gone.is_err());
    assert_eq!(*order.lock().unwrap(), [("second", 60), ("third", 120)]);
}

#[tokio::test(start_paused = true)]
async fn clones_share_the_limit_and_other_providers_are_free() {
    let limit = RateLimit::new()
        .requests_per_minute(1)
        .max_wait(hours())
        .provider("scripted");
    let (one, two) = (
        client(Turn::text("hi"), &limit),
        client(Turn::text("hi"), &limit),
    );
    let begun = Instant::now();
    one.complete(ask()).await.unwrap();
    two.complete(ask()).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 60);
    let free = RateLimit::new().requests_per_minute(1).provider("other");
    assert_eq!(
        answered(&client(Turn::text("hi"), &free), 3).await,
        [0, 0, 0]
    );
}

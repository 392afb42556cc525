//! How long an adapter waits for the events of a stream, on a paused clock.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use attractor_llm::provider::http::{Headers, HttpReply, HttpRequest, Transport};
use attractor_llm::{AnthropicAdapter, Error, ErrorKind, StreamEvent, Timeouts, async_trait};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::canned::{drain, hello};

/// Replies after `head` seconds, and sends each event after so many seconds more.
#[derive(Debug)]
struct Paced {
    head: u64,
    events: Vec<(u64, Value)>,
}

#[async_trait]
impl Transport for Paced {
    async fn post(&self, _: HttpRequest) -> Result<HttpReply, Error> {
        sleep(Duration::from_secs(self.head)).await; // tidy: the passing of time is tested, on a paused clock
        let events = self.events.clone();
        let body = stream::iter(events).then(|(wait, event)| async move {
            sleep(Duration::from_secs(wait)).await; // tidy: the passing of time is tested, on a paused clock
            Ok(Bytes::from(format!("data: {event}\n\n")))
        });
        let headers: Headers = [("content-type", "text/event-stream")]
            .into_iter()
            .collect();
        Ok(HttpReply::new(
            200,
            headers,
            body.chain(stream::pending()).boxed(),
        ))
    }
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"type": "message", "role": "assistant", "content": []}})
}

fn ping() -> Value {
    json!({"type": "ping"})
}

fn answer() -> [(u64, Value); 3] {
    let block = json!({"type": "content_block_start", "index": 0,
                       "content_block": {"type": "text", "text": ""}});
    let text = |text| {
        json!({"type": "content_block_delta", "index": 0,
               "delta": {"type": "text_delta", "text": text}})
    };
    [(0, block), (1, text("Hel")), (1, text("lo"))]
}

/// The text that arrives, the failure at the end and when it came.
async fn run(head: u64, events: Vec<(u64, Value)>, timeouts: Timeouts) -> (String, Error, u64) {
    let begun = Instant::now();
    let adapter = AnthropicAdapter::builder("key")
        .transport(Arc::new(Paced { head, events }))
        .timeouts(timeouts.stream_read(Duration::from_secs(30)))
        .build()
        .unwrap();
    let (events, error) = drain(&adapter, hello()).await;
    let text = events.into_iter().filter_map(|event| match event {
        StreamEvent::TextDelta { delta, .. } => Some(delta),
        _ => None,
    });
    (text.collect(), error.unwrap(), begun.elapsed().as_secs())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_begin_is_given_up_whatever_pings_come() {
    let first = Timeouts::default().first_event(seconds(12));
    let pings = || {
        let mut events = vec![(1, start())];
        events.extend((0..100).map(|_| (5, ping())));
        events
    };
    let (text, error, after) = run(2, pings(), first).await;
    assert_eq!((text.as_str(), after), ("", 12));
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert_eq!(error.message(), "the answer hasn't begun after 12 s");
    assert!(!error.is_retryable() && error.partial_response().is_some());
    // Before the headers too.
    let (_, error, after) = run(60, Vec::new(), first).await;
    assert_eq!((error.kind(), after), (ErrorKind::RequestTimeout, 12));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_pauses_is_given_up_whatever_pings_come() {
    let between = Timeouts::default().between_events(seconds(12));
    let mut events = vec![(20, start()), (25, ping())];
    events.extend(answer());
    events.extend((0..100).map(|_| (5, ping())));
    let (text, error, after) = run(2, events, between).await;
    assert_eq!((text.as_str(), after), ("Hello", 2 + 45 + 2 + 12));
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert_eq!(
        error.message(),
        "the stream has brought no event after 12 s"
    );
    assert_eq!(error.partial_response().unwrap().text(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn unless_told_otherwise_only_silence_ends_a_stream() {
    let mut events = vec![(1, start())];
    events.extend((0..100).map(|_| (25, ping())));
    events.extend(answer());
    let (text, error, after) = run(1, events, Timeouts::default()).await;
    assert_eq!((text.as_str(), after), ("Hello", 2 + 2_500 + 2 + 30));
    assert_eq!(error.message(), "the stream has sent nothing after 30 s");
}

#[tokio::test(start_paused = true)]
async fn a_first_event_in_time_leaves_the_rest_alone() {
    let first = Timeouts::default().first_event(seconds(3));
    let mut events = vec![(1, start())];
    events.extend(answer());
    events.push((29, ping()));
    let (text, _, after) = run(0, events, first).await;
    assert_eq!((text.as_str(), after), ("Hello", 1 + 2 + 29 + 30));
}

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a suite fails by panicking"
)]

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::json;
use tokio::time::timeout;

use crate::bus::{EventBus, Notice};
use crate::domain::RunId;

/// Longer than anything takes on a busy machine: what isn't there by then doesn't come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every [`EventBus`] must satisfy. What is told on `one` is listened to on `other`: the same bus,
/// or another server's.
///
/// # Panics
///
/// If the bus doesn't satisfy it.
pub async fn bus_suite(one: &dyn EventBus, other: &dyn EventBus) {
    notices_arrive_in_order(one, other).await;
    runs_are_told_apart(one, other).await;
    a_slow_subscriber_knows_what_it_missed(one, other).await;
    what_is_long_is_not_lost_in_silence(one, other).await;
    nobody_has_to_listen(one, other).await;
}

async fn next(notices: &mut BoxStream<'static, Notice>) -> Notice {
    let next = timeout(PATIENCE, notices.next()).await;
    next.expect("a notice arrives")
        .expect("a subscription doesn't end")
}

async fn notices_arrive_in_order(one: &dyn EventBus, other: &dyn EventBus) {
    let run = RunId::new();
    let mut first = other.subscribe(&run).await.unwrap();
    let mut second = other.subscribe(&run).await.unwrap();
    let live = Notice::Live(json!({ "text": "ä\u{1f980}" }));
    let told = [
        Notice::Stored(1),
        live,
        Notice::Stored(2),
        Notice::Stored(5),
    ];
    for notice in &told {
        one.publish(&run, notice.clone()).await.unwrap();
    }
    for notice in &told {
        assert_eq!(&next(&mut first).await, notice);
        assert_eq!(&next(&mut second).await, notice, "each subscriber is told");
    }
}

async fn runs_are_told_apart(one: &dyn EventBus, other: &dyn EventBus) {
    let (run, another) = (RunId::new(), RunId::new());
    let mut notices = other.subscribe(&run).await.unwrap();
    one.publish(&another, Notice::Stored(7)).await.unwrap();
    one.publish(&run, Notice::Stored(1)).await.unwrap();
    assert_eq!(next(&mut notices).await, Notice::Stored(1));
}

async fn a_slow_subscriber_knows_what_it_missed(one: &dyn EventBus, other: &dyn EventBus) {
    const LAST: i64 = 1_000;
    let run = RunId::new();
    let mut notices = other.subscribe(&run).await.unwrap();
    for number in 1..=LAST {
        one.publish(&run, Notice::Stored(number)).await.unwrap();
    }
    let mut seen = 0;
    let mut missed = false;
    while seen < LAST {
        match next(&mut notices).await {
            Notice::Stored(number) => {
                assert!(missed || number == seen + 1, "{number} after {seen}");
                assert!(number > seen);
                (seen, missed) = (number, false);
            }
            _ => missed = true,
        }
    }
}

async fn what_is_long_is_not_lost_in_silence(one: &dyn EventBus, other: &dyn EventBus) {
    let run = RunId::new();
    let mut notices = other.subscribe(&run).await.unwrap();
    let long = Notice::Live(json!({ "text": "x".repeat(100_000) }));
    one.publish(&run, long.clone()).await.unwrap();
    let told = next(&mut notices).await;
    assert!(told == long || told == Notice::Missed, "whole, or missed");
}

async fn nobody_has_to_listen(one: &dyn EventBus, other: &dyn EventBus) {
    let run = RunId::new();
    one.publish(&run, Notice::Stored(1)).await.unwrap();
    drop(other.subscribe(&run).await.unwrap());
    one.publish(&run, Notice::Stored(2)).await.unwrap();
    let mut notices = other.subscribe(&run).await.unwrap();
    one.publish(&run, Notice::Stored(3)).await.unwrap();
    while next(&mut notices).await != Notice::Stored(3) {}
}

//! Event streams: replay, then live; without a gap or a duplicate, whatever the client does.

use std::time::Duration;

use super::client::{Event, Host, JSON, root};
use super::digraph;

/// Three gates, one after the other.
fn gates() -> String {
    digraph(
        "a [shape=hexagon, label=\"A?\"]; b [shape=hexagon, label=\"B?\"]; c [shape=hexagon, label=\"C?\"]
         start -> a; a -> b [label=Yes]; b -> c [label=Yes]; c -> exit [label=Yes]",
    )
}

async fn say_yes(host: &Host, place: &str) {
    let questions = host.questions(place, 1).await;
    let id = questions[0]["id"].as_str().unwrap();
    let path = format!("{place}/questions/{id}/answer");
    host.post(&path, JSON, r#"{"value":"yes"}"#).await.is(200);
}

fn ids(events: &[Event]) -> Vec<u64> {
    events.iter().filter_map(|event| event.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host.submit(&gates()).await;
    let path = format!("{place}/events");
    let mut first = host.events(&path, &[]).await;
    let mut seen = first.until("interview_started").await;
    drop(first);

    // It happens while nobody listens.
    say_yes(&host, &place).await;
    let last = seen.last().unwrap().id.unwrap().to_string();
    let mut second = host.events(&path, &[("last-event-id", &last)]).await;
    seen.extend(second.until("interview_started").await);
    drop(second);

    say_yes(&host, &place).await;
    let last = seen.last().unwrap().id.unwrap();
    let mut third = host.events(&format!("{path}?after={last}"), &[]).await;
    seen.extend(third.until("interview_started").await);
    say_yes(&host, &place).await;
    seen.extend(third.rest().await);

    let count = host.end_of(&place).await["last_event_id"].as_u64().unwrap();
    assert_eq!(ids(&seen), (1..=count).collect::<Vec<_>>());
    assert_eq!(seen.last().unwrap().event, "end");
    // A stream after the end is the same, all at once.
    let replayed = host.events(&path, &[]).await.rest().await;
    assert_eq!(replayed, seen);
    let nothing = host
        .events(&format!("{path}?after={count}"), &[])
        .await
        .rest()
        .await;
    assert_eq!(nothing, seen[seen.len() - 1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_side_by_side_all_see_everything() {
    let root = root();
    let host = Host::start(root.path()).await;
    let place = host.submit(&gates()).await;
    let path = format!("{place}/events");
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(host.events(&path, &[]).await);
        let mut own = host.events(&path, &[]).await;
        own.until("interview_started").await;
        say_yes(&host, &place).await;
        let next = ["interview_started", "run_completed"];
        while !next.contains(&own.next().await.unwrap().data["event"].as_str().unwrap()) {}
    }
    let count = host.end_of(&place).await["last_event_id"].as_u64().unwrap();
    for stream in streams {
        assert_eq!(ids(&stream.rest().await), (1..=count).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_nobody_up_and_misses_nothing() {
    let root = root();
    let host = Host::start(root.path()).await;
    // More entries than a listener may lag behind, and more bytes than the sockets hold.
    let words = "all work and no play ".repeat(200);
    let source = digraph(&format!(
        "graph [max_steps=1500]\n loop [shape=diamond]\n back [shape=diamond]
         start -> loop; loop -> back [label=\"{words}\"]; back -> loop [weight=1, label=\"{words}\"]; back -> exit"
    ));
    let place = host.submit(&source).await;
    let mut slow = host.events(&format!("{place}/events"), &[]).await;
    let first = slow.next().await.unwrap();
    let status = host.end_of(&place).await;
    assert_eq!(status["status"], "fail");
    assert!(
        status["reason"].as_str().unwrap().contains("max_steps"),
        "{status}"
    );
    let count = status["last_event_id"].as_u64().unwrap();
    assert!(
        count > 4_096,
        "{count} events can't show that a gap is closed"
    );
    let mut seen = vec![first];
    seen.extend(slow.rest().await);
    assert_eq!(ids(&seen), (1..=count).collect::<Vec<_>>());
    println!("{count} events read after the end of the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_prints_comes_at_once_and_without_a_number() {
    let root = root();
    let host = Host::start(root.path()).await;
    let command = "until test -e listening; do sleep 0.02; done; echo heard";
    let place = host
        .submit(&digraph(&format!(
            "say [shape=parallelogram, tool_command=\"{command}\"]\n start -> say -> exit"
        )))
        .await;
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    while events.until("stage_started").await.last().unwrap().data["node"] != "say" {}
    std::fs::write(root.path().join("listening"), "").unwrap();
    let live = events.until("tool_output_delta").await.pop().unwrap();
    assert_eq!((live.event.as_str(), live.id), ("live", None));
    assert_eq!(
        (&live.data["node"], &live.data["text"]),
        (&"say".into(), &"heard\n".into())
    );
    events.rest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_shows_that_it_is_alive() {
    let root = root();
    let host = Host::with(root.path(), |builder| {
        builder.heartbeat(Duration::from_millis(20))
    })
    .await;
    let place = host.submit(&gates()).await;
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    events.until("interview_started").await;
    for _ in 0..3 {
        assert_eq!(events.block().await.unwrap(), ": heartbeat");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_bounded_and_a_closed_one_makes_room() {
    let root = root();
    let host = Host::with(root.path(), |builder| builder.max_streams(1)).await;
    let place = host.submit(&gates()).await;
    let path = format!("{place}/events");
    let mut first = host.events(&path, &[]).await;
    first.until("interview_started").await;
    host.get(&path).await.problem(429, "busy");
    say_yes(&host, &place).await;
    say_yes_when_asked(&host, &place, &mut first).await;
    say_yes_when_asked(&host, &place, &mut first).await;
    first.rest().await;
    host.events(&path, &[]).await.rest().await;
}

async fn say_yes_when_asked(host: &Host, place: &str, events: &mut super::client::Events) {
    events.until("interview_started").await;
    say_yes(host, place).await;
}

//! Event streams: each event once and in order, whatever happens in between.

use std::time::Duration;

use attractor_server::domain::{Clock as _, NewEvent, RunId, Transition, event_type};
use attractor_server::store::Change;
use serde_json::json;

use super::harness::{TestServer, entry};
use crate::http::client::Events;

const RUNNER: &str = "arr_test";

async fn tell(server: &TestServer, after: i64, count: i64) {
    let events: Vec<_> = (1..=count)
        .map(|n| entry(after + n, "EngineText", json!({ "event": "text" })))
        .collect();
    server
        .tell(
            RUNNER,
            "events",
            &json!({ "after": after, "events": events }),
        )
        .await
        .is(200);
}

#[tokio::test]
async fn a_stream_replays_goes_on_and_ends() {
    let server = TestServer::start().await;
    let project = server.project("Streams").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    server.dispatch(RUNNER).await;
    tell(&server, 0, 600).await;
    let path = format!("/api/runs/{run}/events");
    let mut stream = server.events(&path, &[]).await;
    for seq in 1..=602 {
        let event = stream.next().await.unwrap();
        assert_eq!((event.id, event.event.as_str()), (Some(seq), "message"));
        assert_eq!(event.data["runId"], json!(run));
    }
    tell(&server, 600, 1).await;
    let live = json!({ "after": 601, "events": [], "live": [{"nodeId": "work", "text": "Hello"}] });
    server.tell(RUNNER, "events", &live).await.is(200);
    assert_eq!(stream.next().await.unwrap().id, Some(603));
    let piece = stream.next().await.unwrap();
    assert_eq!((piece.event.as_str(), piece.id), ("live", None));
    server
        .tell(RUNNER, "finish", &json!({ "outcome": "succeeded" }))
        .await
        .is(200);
    let rest = stream.rest().await;
    assert_eq!(rest[0].data["type"], "RunCompleted");
    assert_eq!(
        (rest[1].event.as_str(), &rest[1].data["status"]),
        ("end", &json!("SUCCEEDED"))
    );
    assert_eq!(rest.len(), 2);
}

#[tokio::test]
async fn who_comes_back_goes_on_where_they_were() {
    let server = TestServer::start().await;
    let project = server.project("Reconnect").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    server.dispatch(RUNNER).await;
    tell(&server, 0, 10).await;
    server
        .tell(
            RUNNER,
            "finish",
            &json!({ "outcome": "failed", "error": "no" }),
        )
        .await
        .is(200);
    let path = format!("/api/runs/{run}/events");
    let ids = async |path: &str, headers: &[(&str, &str)]| -> Vec<u64> {
        let events = server.events(path, headers).await.rest().await;
        assert_eq!(events.last().unwrap().event, "end");
        events.iter().filter_map(|event| event.id).collect()
    };
    assert_eq!(ids(&path, &[("last-event-id", "11")]).await, [12, 13]);
    assert_eq!(ids(&format!("{path}?after=12"), &[]).await, [13]);
    assert_eq!(
        ids(&format!("{path}?after=2"), &[("last-event-id", "12")]).await,
        [13]
    );
    assert_eq!(ids(&format!("{path}?after=99"), &[]).await, [0; 0]);
    server.get(&format!("{path}?after=x")).await.is(400);
    server.get("/api/runs/cnone/events").await.is(404);
}

#[tokio::test]
async fn events_that_come_while_a_stream_opens_are_in_it_once() {
    let server = TestServer::start().await;
    let project = server.project("Race").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    server.dispatch(RUNNER).await;
    let path = format!("/api/runs/{run}/events");
    let write = async {
        for batch in 0..40 {
            tell(&server, batch * 5, 5).await;
        }
        server
            .tell(RUNNER, "finish", &json!({ "outcome": "succeeded" }))
            .await
            .is(200);
    };
    let watch = async || {
        let events = server.events(&path, &[]).await.rest().await;
        let ids: Vec<_> = events.iter().filter_map(|event| event.id).collect();
        assert_eq!(ids, (1..=203).collect::<Vec<u64>>());
    };
    tokio::join!(write, watch(), watch(), watch());
}

#[tokio::test]
async fn a_stream_shows_that_it_lives_and_ends_with_the_server() {
    let mut server = TestServer::with(|config| config.heartbeat = Duration::from_millis(20)).await;
    let project = server.project("Heartbeat").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    let mut stream = server.events(&format!("/api/runs/{run}/events"), &[]).await;
    assert_eq!(stream.next().await.unwrap().data["type"], "RunQueued");
    let beat = stream.next().await.unwrap();
    assert_eq!((beat.event.as_str(), beat.id), ("heartbeat", None));
    assert_eq!(beat.data["ts"], "2026-02-24T16:00:00.000Z");
    server.shutdown.cancel();
    assert!(
        stream
            .rest()
            .await
            .iter()
            .all(|event| event.event == "heartbeat")
    );
    server.ended().await;
}

#[tokio::test]
async fn what_nobody_has_told_is_found() {
    let server = TestServer::with(|config| config.heartbeat = Duration::from_millis(20)).await;
    let project = server.project("Silence").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    let mut stream = server.events(&format!("/api/runs/{run}/events"), &[]).await;
    assert_eq!(stream.next().await.unwrap().data["type"], "RunQueued");
    let run: RunId = run.parse().unwrap();
    let found = async |stream: &mut Events| loop {
        let event = stream.next().await.unwrap();
        if event.event != "heartbeat" {
            return event;
        }
    };
    for seq in 2..5 {
        let event = NewEvent::new("Something", server.clock.now(), json!({}));
        server.store.append(&run, vec![event]).await.unwrap();
        assert_eq!(found(&mut stream).await.id, Some(seq));
    }
    let event = NewEvent::new(event_type::CANCELED, server.clock.now(), json!({}));
    let change = Change::new(Transition::Cancel, event);
    server.store.change_run(&run, change).await.unwrap();
    assert_eq!(found(&mut stream).await.id, Some(5));
    let end = found(&mut stream).await;
    assert_eq!(
        (end.event.as_str(), &end.data["status"]),
        ("end", &json!("CANCELED"))
    );
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_it_was_opened_with() {
    let server = TestServer::with(|config| config.heartbeat = Duration::from_millis(20)).await;
    let project = server.project("Taken back").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    let path = format!("/api/runs/{run}/events");
    let new = server
        .post("/api/tokens", &json!({ "name": "x", "role": "viewer" }))
        .await;
    let new = new.is(201).json();
    let bearer = format!("Bearer {}", new["token"].as_str().unwrap());
    let theirs = server.events_as(&bearer, &path, &[]).await;
    let ours = server.events(&path, &[]).await;
    let id = new["id"].as_str().unwrap();
    server.delete(&format!("/api/tokens/{id}")).await.is(200);
    // Without an `end`: the run goes on.
    assert!(theirs.rest().await.iter().all(|it| it.event != "end"));
    let beyond = server.events(&format!("{path}?after=99"), &[]).await;
    server.act(&format!("/api/runs/{run}/cancel")).await.is(200);
    for stream in [ours, beyond] {
        let last = stream.rest().await.pop().unwrap();
        assert_eq!(
            (last.event.as_str(), &last.data["status"]),
            ("end", &json!("CANCELED"))
        );
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_run_that_is_gone() {
    let server = TestServer::with(|config| config.heartbeat = Duration::from_millis(20)).await;
    let project = server.project("Gone").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    let stream = server
        .events(&format!("/api/runs/{run}/events?after=99"), &[])
        .await;
    let run: RunId = run.parse().unwrap();
    let event = NewEvent::new(event_type::CANCELED, server.clock.now(), json!({}));
    let change = Change::new(Transition::Cancel, event);
    server.store.change_run(&run, change).await.unwrap();
    server.store.delete_run(&run).await.unwrap();
    let last = stream.rest().await.pop().unwrap();
    assert_eq!(last.event, "end");
}

#[tokio::test]
async fn no_more_streams_are_open_than_may_be() {
    let server = TestServer::with(|config| config.max_streams = 1).await;
    let project = server.project("Many").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    let path = format!("/api/runs/{run}/events");
    let mut stream = server.events(&path, &[]).await;
    stream.next().await.unwrap();
    assert_eq!(
        server.get(&path).await.is(429).json()["code"],
        "too_many_streams"
    );
}

//! Very many who watch one run.

use futures::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::sync::Barrier;

use super::harness::{TestServer, entry};

const CLIENTS: u64 = 1_000;
const RUNNER: &str = "arr_test";

/// Events of the engine that are told, and how many at once.
const TOLD: i64 = 12;
const AT_ONCE: i64 = 4;

/// Each client has a socket at either end, and others aren't gone at once.
fn may_open(files: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit
            .maximum
            .map_or(Some(files), |most| Some(most.min(files))),
        maximum: limit.maximum,
    };
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= files);
    is_enough(limit.current)
        || (is_enough(limit.maximum) && setrlimit(Resource::Nofile, wanted).is_ok())
}

/// Reads a run's events to the end and checks that each comes once and in order; every other client
/// hangs up twice in between and comes back.
async fn watch(server: &TestServer, path: &str, client: u64, all_are_here: &Barrier) {
    let mut stream = server.events(path, &[]).await;
    all_are_here.wait().await;
    let hang_ups = match client % 2 {
        0 => [0, 0],
        _ => [2 + client % 5, 8 + client % 6],
    };
    let mut last = 0;
    loop {
        let event = stream.next().await.expect("the stream ends with `end`");
        match event.event.as_str() {
            "end" => break,
            "heartbeat" => continue,
            _ => {}
        }
        assert_eq!(event.id, Some(last + 1), "client {client}");
        last += 1;
        if hang_ups.contains(&last) {
            let last = last.to_string();
            stream = server.events(path, &[("last-event-id", &last)]).await;
        }
    }
    // Queued, dispatched, those of the engine, completed.
    assert_eq!(last, u64::try_from(TOLD).unwrap() + 3, "client {client}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_watch_are_told_each_event_once_though_half_of_them_come_back() {
    if !may_open(4 * CLIENTS) {
        println!("SKIPPED: as many files as {CLIENTS} clients need can't be opened here");
        return;
    }
    let server = TestServer::start().await;
    let project = server.project("Crowd").await;
    let attractor = server.attractor(&project).await;
    let run = server.run(&project, &attractor).await;
    server.dispatch(RUNNER).await;
    let path = format!("/api/runs/{run}/events");
    let all_are_here = Barrier::new(usize::try_from(CLIENTS).unwrap() + 1);
    let clients = (0..CLIENTS).map(|client| watch(&server, &path, client, &all_are_here));
    let told = async {
        all_are_here.wait().await;
        for after in (0..TOLD).step_by(usize::try_from(AT_ONCE).unwrap()) {
            let events =
                (1..=AT_ONCE).map(|n| entry(after + n, "EngineText", json!({ "event": "text" })));
            let events: Vec<_> = events.collect();
            let batch = json!({ "after": after, "events": events });
            server.tell(RUNNER, "events", &batch).await.is(200);
        }
        let finish = json!({ "outcome": "succeeded" });
        server.tell(RUNNER, "finish", &finish).await.is(200);
    };
    tokio::join!(join_all(clients), told);
}

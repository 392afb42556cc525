use std::sync::Arc;
use std::time::{Duration, Instant};

use attractor_server::domain::RunId;
use attractor_server::store::SqlStore;
use attractor_server::testing::running_run;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::client::Client;
use super::row;
use super::server::Server;

/// Events in a batch: what a runner sends.
const BATCH: i64 = 500;

/// What the runner of the run that is [`running`] says that it is.
pub(crate) const TOKEN: &str = "arr_bench";

/// Tells a run's events as its runner does, and reads them back as pages.
pub(crate) async fn append_and_read(batches: i64) {
    let data = TempDir::new().expect("a directory");
    let server = Server::start(data.path(), &[]);
    let run = running(&server).await;
    let count = batches * BATCH;
    let mut runner = Client::connect(server.address, TOKEN).await;
    let bodies: Vec<Value> = (0..batches)
        .map(|it| batch(&run, it * BATCH, BATCH))
        .collect();
    let began = Instant::now();
    for body in &bodies {
        let stored = runner.post("/api/runner/events", body).await;
        assert!(stored["journalSeq"].as_i64() > Some(0), "{stored}");
    }
    row("events told by a runner", &rate(count, began.elapsed()));
    let mut client = server.client().await;
    let began = Instant::now();
    let mut seq = 0;
    loop {
        let path = format!("/api/runs/{run}/history?after={seq}&limit=500");
        let page = client.get(&path).await;
        let events = page["events"].as_array().expect("events");
        if events.is_empty() {
            break;
        }
        for event in events {
            seq += 1;
            assert_eq!(event["seq"], seq, "each once, in order");
        }
    }
    // Queued and dispatched were before.
    assert_eq!(seq, count + 2);
    row("events read back in order", &rate(count, began.elapsed()));
}

#[expect(clippy::cast_precision_loss, reason = "some tens of thousands")]
fn rate(count: i64, time: Duration) -> String {
    format!("{:.0} a second", count as f64 / time.as_secs_f64())
}

/// What the engine says of stages: some 300 bytes each.
pub(crate) fn batch(run: &RunId, after: i64, count: i64) -> Value {
    let events = (1..=count).map(|number| {
        json!({
            "type": "EngineNodeCompleted", "ts": "2026-11-23T12:00:00.125Z",
            "payload": {"runId": run, "nodeId": "implement", "payload": {
                "version": 1, "seq": after + number, "time": "2026-11-23T12:00:00.125Z",
                "event": "stage_completed", "node": "implement", "index": 1, "attempt": 1,
                "duration_ms": 12, "outcome": {"status": "success", "notes": "the tests pass"}}},
        })
    });
    json!({"after": after, "events": events.collect::<Vec<_>>()})
}

/// A run of the server's, that a runner with the token has.
pub(crate) async fn running(server: &Server) -> RunId {
    let database = format!("sqlite://{}", server.data.join("attractor.db").display());
    let store = SqlStore::connect(&database).await.expect("the database");
    running_run(Arc::new(store), "Events", &Sha256::digest(TOKEN)).await
}

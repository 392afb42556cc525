use std::time::{Duration, Instant};

use attractor_server::domain::{
    BranchName, ModelConfig, Namespace, NewAttractor, NewEvent, NewProject, NewRun, RunId, RunType,
    Timestamp,
};
use attractor_server::store::{
    Attractors as _, ClaimLimits, Lease, Leases as _, Projects as _, Runs as _, SqlStore,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::client::Client;
use super::row;
use super::server::Server;

/// Events in a batch: what a runner sends.
const BATCH: i64 = 500;

const TOKEN: &str = "arr_bench";

/// Tells a run's events as its runner does, and reads them back as pages.
pub(crate) async fn append_and_read(batches: i64) {
    let data = TempDir::new().expect("a directory");
    let server = Server::start(data.path(), &[]);
    let database = format!("sqlite://{}", data.path().join("attractor.db").display());
    let store = SqlStore::connect(&database).await.expect("the database");
    let run = running(&store).await;
    let count = batches * BATCH;
    let mut runner = Client::connect(server.address, TOKEN).await;
    let bodies: Vec<Value> = (0..batches).map(|it| batch(&run, it * BATCH)).collect();
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
fn batch(run: &RunId, after: i64) -> Value {
    let events = (1..=BATCH).map(|number| {
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

/// A run that a runner with the token has.
async fn running(store: &SqlStore) -> RunId {
    let project = store.create_project(NewProject {
        name: "Events".to_owned(),
        namespace: Namespace::of_project("Events"),
    });
    let project_id = project.await.expect("a project").id;
    let attractor = NewAttractor {
        project_id: project_id.clone(),
        name: "a".to_owned(),
        repo_path: "a.dot".to_owned().try_into().expect("a path"),
        default_run_type: RunType::Task,
        description: None,
        active: true,
        model_config: None,
    };
    let attractor = store.create_attractor(attractor, None).await;
    let branch = || BranchName::try_from("main".to_owned()).expect("a branch");
    let new = NewRun {
        project_id,
        attractor_def_id: attractor.expect("an attractor").id,
        run_type: RunType::Task,
        source_branch: branch(),
        target_branch: branch(),
        spec_bundle_id: None,
        model_config: ModelConfig {
            provider: "anthropic".to_owned(),
            model_id: "m".to_owned(),
            reasoning_level: None,
            temperature: None,
            max_tokens: None,
        },
        attractor_version: None,
        attractor_sha256: None,
        force: false,
        rerun_of: None,
        rerun_from_node: None,
    };
    let event = NewEvent::new("RunQueued", Timestamp::now(), json!({}));
    store.create_run(new, event, None).await.expect("a run");
    let lease = Lease {
        owner: "bench".to_owned(),
        duration: Duration::from_secs(600),
        token_hash: Sha256::digest(TOKEN.as_bytes()).to_vec(),
    };
    let limits = ClaimLimits {
        global: 10,
        per_project: 10,
    };
    let leased = store.claim(&lease, limits, Timestamp::now()).await;
    leased.expect("a claim").expect("a run waits").run.id
}

//! Requests that the real service took are taken by the scripted server.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests; says what it skips"
)]

use std::path::{Path, PathBuf};

use attractor_llm::testing::{ScriptedServer, Turn};
use serde_json::Value;

use crate::testing_wire::post;

/// The recordings of the Messages API, if the corpus is there.
fn recordings() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/llm");
    let Ok(owners) = corpus.read_dir() else {
        println!("SKIPPED: no {}", corpus.display());
        return Vec::new();
    };
    let folders = owners.map(|owner| owner.unwrap().path().join("anthropic-messages"));
    let files = folders
        .filter_map(|folder| folder.read_dir().ok())
        .flatten();
    files.map(|file| file.unwrap().path()).collect()
}

/// The bodies of requests that were answered with 200.
fn accepted(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let recording: Value = serde_json::from_str(&text).unwrap();
    let synthetic = |exchange: &Value| {
        recording["synthetic_request"] == true || exchange["request"]["synthetic_request"] == true
    };
    let exchanges = recording["exchanges"].as_array().unwrap();
    let good = |exchange: &&Value| exchange["response"]["status"] == 200 && !synthetic(exchange);
    let messages = |exchange: &&Value| {
        let url = exchange["request"]["url"].as_str().unwrap_or_default();
        url.split('?').next().unwrap().ends_with("/v1/messages")
    };
    let found = exchanges.iter().filter(good).filter(messages);
    let bodies = found.map(|exchange| exchange["request"]["body"].clone());
    bodies.filter(|body| !has_system_message(body)).collect()
}

/// The newest models take system messages among the others and then any order of roles; the
/// scripted server keeps to what all models take.
fn has_system_message(body: &Value) -> bool {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    messages.iter().any(|message| message["role"] == "system")
}

#[tokio::test]
async fn recorded_requests_are_well_formed() {
    let script = [Turn::text("ok").repeat()].into_iter().collect();
    let server = ScriptedServer::start(script).await.unwrap();
    let mut refused = Vec::new();
    for path in recordings() {
        for body in accepted(&path) {
            let raw = post(&server, &body).await;
            if raw.status != 200 {
                refused.push(format!("{}: {}", path.display(), raw.error_message()));
            }
        }
    }
    println!("{} recorded requests", server.requests().len());
    assert!(
        refused.is_empty(),
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

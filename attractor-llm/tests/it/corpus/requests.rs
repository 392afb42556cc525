//! Requests that the real service took are taken by the scripted server.

#![expect(clippy::print_stdout, reason = "tests")]

use attractor_llm::testing::{ScriptedServer, Turn};
use serde_json::Value;

use super::recordings::{Recorded, recordings, root};
use crate::testing_wire::post;

#[tokio::test]
async fn recorded_requests_are_well_formed() {
    let Some(root) = root() else { return };
    let script = [Turn::text("ok").repeat()].into_iter().collect();
    let server = ScriptedServer::start(script).await.unwrap();
    let mut refused = Vec::new();
    for recorded in recordings(&root, &["anthropic-messages"])
        .iter()
        .filter(|it| is_accepted(it))
    {
        let raw = post(&server, recorded.request()).await;
        if raw.status != 200 {
            refused.push(format!("{}: {}", recorded.name(), raw.error_message()));
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

/// Whether a real request was answered with 200.
///
/// The newest models take system messages among the others and then any order of roles; the
/// scripted server keeps to what all models take.
fn is_accepted(recorded: &Recorded) -> bool {
    let messages = recorded.request()["messages"].as_array();
    let system = |message: &Value| message["role"] == "system";
    let odd = messages.is_some_and(|messages| messages.iter().any(system));
    recorded.reply().status == 200 && !recorded.is_synthetic && !odd
}

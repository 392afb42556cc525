//! A whole run is recorded once and replayed without a model.

use std::path::Path;
use std::sync::Arc;

use attractor_agent::{AgentBackend, SessionConfig};
use attractor_core::{Engine, RunOptions, RunReport, RunStatus};
use attractor_llm::cassette::{Player, Recorder, Redaction};
use attractor_llm::provider::http::Transport;
use attractor_llm::testing::{Script, ScriptedServer, Turn as Say};
use attractor_llm::{AnthropicAdapter, Client};
use serde_json::{Value, json};

use crate::support::{MODEL, Workspace, fast_retry};

const GRAPH: &str = "digraph fix {
    start [shape=Mdiamond]
    fix [prompt=\"make add.sh add\"]
    check [shape=parallelogram, tool_command=\"test $(sh add.sh 2 3) = 5\"]
    exit [shape=Msquare]
    start -> fix -> check -> exit
}";

const BEFORE: &str = "echo $(($1 - $2))\n";

/// The prompt says what day it is, which is another one tomorrow.
fn without_date() -> Redaction {
    Redaction::default().body(|body| {
        for block in body["system"].as_array_mut().into_iter().flatten() {
            let text = block["text"].as_str().unwrap_or_default().to_owned();
            let lines = text
                .lines()
                .filter(|line| !line.starts_with("Today's date"));
            block["text"] = Value::from(lines.collect::<Vec<_>>().join("\n"));
        }
    })
}

async fn run(workspace: &Workspace, base_url: &str, transport: Arc<dyn Transport>) -> RunReport {
    let adapter = AnthropicAdapter::builder("test-key")
        .base_url(base_url)
        .transport(transport)
        .build()
        .unwrap();
    let client = Client::builder().provider(adapter).build().unwrap();
    let backend = AgentBackend::builder(client, workspace.environment.clone())
        .session_config(SessionConfig::new().retry(fast_retry()))
        .default_model(format!("anthropic/{MODEL}"))
        .build();
    let engine = Engine::builder().backend(Arc::new(backend)).build();
    let pipeline = engine.prepare(GRAPH).unwrap();
    let options = RunOptions::in_memory()
        .run_id("replayed")
        .workdir(workspace.path());
    let run = engine.start(&pipeline, options).await.unwrap();
    run.execute().await.unwrap()
}

/// Records the run and gives the address that its server had.
async fn record(workspace: &Workspace, cassette: &Path) -> String {
    let edit = json!({"file_path": "add.sh", "old_string": "$1 - $2", "new_string": "$1 + $2"});
    let script = Script::new()
        .turn(Say::tool_call("read_file", json!({"file_path": "add.sh"})))
        .turn(Say::tool_call("edit_file", edit))
        .turn(Say::text("It adds."));
    let server = ScriptedServer::start(script).await.unwrap();
    let base_url = server.base_url();
    let recorder = Recorder::create(cassette)
        .unwrap()
        .redaction(without_date());
    let report = run(workspace, &base_url, Arc::new(recorder)).await;
    assert_eq!(report.status, RunStatus::Success, "{report:?}");
    server.shutdown().await;
    base_url
}

#[tokio::test]
async fn a_run_is_replayed_when_the_server_is_gone() {
    let (workspace, tapes) = (Workspace::new(), Workspace::new());
    let cassette = tapes.path().join("run.json");
    workspace.write("add.sh", BEFORE);
    let base_url = record(&workspace, &cassette).await;
    workspace.write("add.sh", BEFORE);

    let player = Player::open(&cassette).unwrap().redaction(without_date());
    let report = run(&workspace, &base_url, Arc::new(player.clone())).await;
    assert_eq!(report.status, RunStatus::Success, "{report:?}");
    assert_eq!(workspace.read("add.sh"), b"echo $(($1 + $2))\n");
    player.finish().unwrap();
}

#[tokio::test]
async fn a_replayed_run_that_goes_another_way_fails_and_says_where() {
    let (workspace, tapes) = (Workspace::new(), Workspace::new());
    let cassette = tapes.path().join("run.json");
    workspace.write("add.sh", BEFORE);
    let base_url = record(&workspace, &cassette).await;
    workspace.write("add.sh", "echo something else\n");

    let player = Player::open(&cassette).unwrap().redaction(without_date());
    let report = run(&workspace, &base_url, Arc::new(player.clone())).await;
    assert_eq!(report.status, RunStatus::Fail);
    let reason = report.reason.unwrap();
    assert!(reason.contains("something else"), "{reason}");
    assert!(player.finish().is_err());
}

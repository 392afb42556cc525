//! Pipelines whose stages are agents, with a scripted model over HTTP of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attractor_agent::{AgentBackend, LocalEnvironment};
use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, Client};
use serde_json::json;

use super::client::{Host, JSON, root};
use super::digraph;
use crate::process::{PATIENCE, wait_for_the_end_of};
use crate::smoke;

/// A service whose model stages are done by agents.
async fn host(root: &Path, server: &ScriptedServer) -> Host {
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let client = Client::builder().provider(adapter).build().unwrap();
    let environment = Arc::new(LocalEnvironment::new(root).unwrap());
    let backend = AgentBackend::builder(client, environment)
        .default_model("anthropic/claude-opus-5-5")
        .build();
    let backend = Arc::new(backend);
    Host::with(root, |builder| {
        builder.engine(move |engine| engine.backend(Arc::clone(&backend) as _))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_pipeline_of_the_specification_runs_in_http_mode() {
    let root = root();
    let server = ScriptedServer::start(smoke::model()).await.unwrap();
    let host = host(root.path(), &server).await;
    let place = host.submit(smoke::PIPELINE).await;
    let status = host.end_of(&place).await;
    assert_eq!(status["status"], "success", "{status}");
    assert_eq!(server.unmatched(), Vec::<String>::new());
    let completed = json!(["start", "plan", "implement", "review", "done"]);
    assert_eq!(status["completed_nodes"], completed);
    assert_eq!(status["usage"]["responses"], 4);
    let checkpoint = host.get(&format!("{place}/checkpoint")).await.json();
    assert_eq!(checkpoint["current_node"], "done");
    assert_eq!(
        checkpoint["node_outcomes"]["implement"]["status"],
        "success"
    );
    let code = std::fs::read_to_string(root.path().join("hello.py")).unwrap();
    assert_eq!(code, "print('Hello, world')\n");
}

/// Submits a pipeline with one agent, cancels it once `reached` holds for an event of its stream,
/// and returns its path and how long the cancel took.
async fn cancel_when(host: &Host, reached: &str) -> (String, Duration) {
    let source = digraph("work [prompt=\"Work\"]\n start -> work -> exit");
    let place = host.submit(&source).await;
    let mut events = host.events(&format!("{place}/events"), &[]).await;
    events.until(reached).await;
    let asked = Instant::now();
    host.post(&format!("{place}/cancel"), JSON, "")
        .await
        .is(202);
    let end = events.rest().await.pop().unwrap();
    assert_eq!(end.data["status"], "interrupted");
    (place, asked.elapsed())
}

async fn resumes(host: &Host, place: &str) {
    host.post(&format!("{place}/resume"), JSON, "")
        .await
        .is(202);
    let status = host.end_of(place).await;
    assert_eq!(status["status"], "success", "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_in_the_middle_of_a_models_words_hangs_up() {
    let root = root();
    let endless = Turn::text("word ".repeat(10_000))
        .delta_chars(5)
        .event_delay_ms(5);
    let script = Script::new().turn(endless).turn(Turn::text("Done."));
    let server = ScriptedServer::start(script).await.unwrap();
    let host = host(root.path(), &server).await;
    let (place, took) = cancel_when(&host, "text_delta").await;
    assert!(took < PATIENCE, "{took:?}");
    println!("cancelled within {took:?}");
    assert_eq!(server.requests().len(), 1, "nothing is asked again");
    resumes(&host, &place).await;
    host.service.shutdown().await;
    // Waits for its connections: none is left.
    server.shutdown().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_ends_an_agents_command_and_what_it_has_started() {
    let root = root();
    let command = "(trap '' TERM; sleep 600) & echo $$ $! > pids.txt; echo started; wait";
    let call = json!({ "command": command });
    let first = Turn::tool_call("shell", call).when(Match::any().tool_results(0));
    let script = Script::new().turn(first).turn(Turn::text("Done.").repeat());
    let server = ScriptedServer::start(script).await.unwrap();
    let host = host(root.path(), &server).await;
    let (place, took) = cancel_when(&host, "tool_output_delta").await;
    assert!(took < PATIENCE, "{took:?}");
    println!("cancelled within {took:?}");
    let pids = std::fs::read_to_string(root.path().join("pids.txt")).unwrap();
    assert_eq!(
        pids.split_whitespace().count(),
        2,
        "the shell and its child"
    );
    for pid in pids.split_whitespace() {
        wait_for_the_end_of(pid.parse().unwrap());
    }
    resumes(&host, &place).await;
}

//! An agent that writes a program and runs it, and what it does while it does.
//!
//! The model is scripted and served on loopback; the agent, its tools and the files are real.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::sync::Arc;

use attractor_agent::{EventKind, LocalEnvironment, Session, SessionConfig, profile_for};
use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, Client};
use futures::StreamExt as _;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = json!({ "file_path": "hello.sh", "content": "echo 'Hello from a file'\n" });
    let script = Script::new()
        .turn(Turn::text("I'll write it first.").and_tool_call("write_file", program))
        .turn(Turn::tool_call(
            "shell",
            json!({ "command": "sh hello.sh" }),
        ))
        .turn(Turn::text("hello.sh prints its greeting."));
    let server = ScriptedServer::start(script).await?;
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server.base_url())
        .build()?;
    let client = Client::builder().provider(adapter).build()?;

    let directory = tempfile::tempdir()?;
    let environment = Arc::new(LocalEnvironment::new(directory.path())?);
    let profile = profile_for("anthropic", "claude-opus-5-5")?;
    let mut session = Session::new(client, profile, environment, SessionConfig::new());

    let mut events = session.events();
    let watch = async {
        while let Some(event) = events.next().await {
            match event.kind {
                EventKind::ToolCallStart {
                    tool_name, summary, ..
                } => {
                    println!("[{tool_name}] {summary}");
                }
                EventKind::ToolCallEnd { output, .. } => println!("{}", output.trim_end()),
                EventKind::ProcessingEnd { .. } => break,
                _ => {}
            }
        }
    };
    let (done, ()) = tokio::join!(session.submit("Write hello.sh and run it."), watch);

    println!("{}", done?.text);
    server.shutdown().await;
    Ok(())
}

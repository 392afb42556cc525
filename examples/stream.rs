//! The words as they come.
//!
//! With `ANTHROPIC_API_KEY` set it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::io::Write as _;

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, Client, Error, Message, Request, StreamEvent};
use futures::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let haiku = "A graph on one page,\neach node a small promise kept.\nThe tests pass at dawn.";
    let server = ScriptedServer::start(Script::new().turn(Turn::text(haiku))).await?;
    let client = Client::from_env().or_else(|_| scripted(&server))?;

    let request = Request::new(
        "claude-opus-5-5",
        vec![Message::user("Write a haiku on pipelines.")],
    );
    let mut events = client.stream(request).await?;
    while let Some(event) = events.next().await {
        match event? {
            StreamEvent::TextDelta { delta, .. } => {
                print!("{delta}");
                std::io::stdout().flush()?;
            }
            StreamEvent::Finish { usage, .. } => println!("\n({} tokens)", usage.output_tokens),
            _ => {}
        }
    }
    server.shutdown().await;
    Ok(())
}

/// A client of the scripted model.
fn scripted(server: &ScriptedServer) -> Result<Client, Error> {
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server.base_url())
        .build()?;
    Client::builder().provider(adapter).build()
}

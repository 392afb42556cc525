//! The words as they come.
//!
//! With `ANTHROPIC_API_KEY` set it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::io::Write as _;

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, Client, Error, stream};
use futures::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let haiku = "A graph on one page,\neach node a small promise kept.\nThe tests pass at dawn.";
    let server = ScriptedServer::start(Script::new().turn(Turn::text(haiku))).await?;
    let client = Client::from_env().or_else(|_| scripted(&server))?;

    let mut answer = stream("claude-opus-5-5")
        .client(&client)
        .prompt("Write a haiku on pipelines.")
        .await?;
    let mut text = answer.text_stream();
    while let Some(delta) = text.next().await {
        print!("{}", delta?);
        std::io::stdout().flush()?;
    }
    let usage = answer.response().await?.usage;
    println!("\n({} tokens)", usage.output_tokens);
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

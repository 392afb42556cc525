//! One question, one answer, what it cost.
//!
//! With `ANTHROPIC_API_KEY` set it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, Client, Error, catalog, generate};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let script = Script::new().turn(Turn::text("Two, three, five and seven.").usage(24, 11));
    let server = ScriptedServer::start(script).await?;
    let client = Client::from_env().or_else(|_| scripted(&server))?;

    let answer = generate("claude-opus-5-5")
        .client(&client)
        .system("Answer in one short sentence.")
        .prompt("Which primes are below ten?")
        .await?;

    println!("{}", answer.text);
    let usage = &answer.total_usage;
    println!(
        "{} tokens in, {} tokens out",
        usage.total_input_tokens(),
        usage.output_tokens
    );
    if let Some(cost) = catalog::cost("claude-opus-5-5", usage) {
        println!("{cost}");
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

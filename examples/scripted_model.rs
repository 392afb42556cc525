//! A model that says what a file tells it to, over the protocols of four providers.
//!
//! Here the program asks it one question; with the arguments `serve SCRIPT.json` it waits for others, such as
//! a factory that is tried out without a key:
//!
//! ```console
//! cargo run -p attractor-examples --example scripted_model -- serve examples/models/self-bootstrap.json
//! ```

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use attractor_llm::testing::{Script, ScriptedServer};
use attractor_llm::{AnthropicAdapter, Client, generate};

const SCRIPT: &str = r#"{
    "turns": [
        {"match": {"any_message_contains": "primes"}, "repeat": true, "content": [
            {"type": "text", "text": "Two, three, five and seven."}
        ]}
    ]
}"#;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => ask(ScriptedServer::start(Script::from_json(SCRIPT)?).await?).await,
        [serve, path] if serve == "serve" => {
            let script = Script::from_json(&std::fs::read_to_string(path)?)?;
            wait(ScriptedServer::start(script).await?).await
        }
        _ => Err("usage: scripted_model [serve SCRIPT.json]".into()),
    }
}

async fn ask(server: ScriptedServer) -> Result<()> {
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server.base_url())
        .build()?;
    let client = Client::builder().provider(adapter).build()?;
    let question = generate("claude-opus-5-5")
        .client(&client)
        .prompt("Which primes are below ten?");
    println!("{}", question.await?.text);
    server.shutdown().await;
    Ok(())
}

async fn wait(server: ScriptedServer) -> Result<()> {
    let url = server.base_url();
    println!("export OPENAI_API_KEY=scripted OPENAI_BASE_URL={url}");
    println!("export ANTHROPIC_API_KEY=scripted ANTHROPIC_BASE_URL={url}");
    tokio::signal::ctrl_c().await?;
    for why in server.unmatched() {
        println!("# not answered: {why}");
    }
    server.shutdown().await;
    Ok(())
}

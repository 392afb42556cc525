//! A value of a Rust type from a model, as it grows and when it is complete.
//!
//! With `ANTHROPIC_API_KEY` set it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Client, Error, JsonSchema, generate_object, schemars, set_default_client,
    stream_object,
};
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Person {
    name: String,
    age: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Menu {
    dishes: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let script = Script::new()
        .turn(Turn::text(r#"{"name": "Alice", "age": 30}"#))
        .turn(Turn::text(
            r#"{"dishes": ["lentil soup", "dal", "koshari"]}"#,
        ));
    let server = ScriptedServer::start(script).await?;
    set_default_client(Client::from_env().or_else(|_| scripted(&server))?);

    let result = generate_object::<Person>("claude-opus-5-5")
        .prompt("Who is meant? 'Alice turned 30 last week.'")
        .await?;
    println!("{} is {}", result.output.name, result.output.age);

    let mut menu = stream_object::<Menu>("claude-opus-5-5")
        .prompt("Three dishes with lentils.")
        .await?;
    while let Some(partial) = menu.next().await {
        println!("{}", partial?);
    }
    let menu: Menu = menu.object().await?;
    println!("{}", menu.dishes.join(", "));
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

//! A tool that the model calls, and the answer that it makes of the result.
//!
//! With `ANTHROPIC_API_KEY` set it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use attractor_llm::{AnthropicAdapter, Client, Error, JsonSchema, Tool, generate, schemars};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
struct Place {
    /// The city's name.
    city: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let script = Script::new()
        .turn(
            Turn::tool_call("get_weather", json!({"city": "Oslo"}))
                .and_tool_call("get_weather", json!({"city": "Rome"})),
        )
        .turn(Turn::text("Take an umbrella to Oslo.").when(Match::any().tool_results(2)));
    let server = ScriptedServer::start(script).await?;
    let client = Client::from_env().or_else(|_| scripted(&server))?;

    let weather = Tool::typed(
        "get_weather",
        "The weather now",
        async |place: Place, _| match place.city.as_str() {
            "Oslo" => "rain, 8 °C",
            _ => "sun, 21 °C",
        },
    )?;
    let result = generate("claude-opus-5-5")
        .client(&client)
        .prompt("What do I pack for Oslo, and what for Rome?")
        .tool(weather)
        .max_tool_rounds(3)
        .await?;

    for step in &result.steps {
        for (call, result) in step.tool_calls.iter().zip(&step.tool_results) {
            println!("{}({}) -> {}", call.name, call.arguments, result.content);
        }
    }
    println!("{}", result.text);
    let tokens = result.total_usage.total_tokens;
    println!("({} steps, {tokens} tokens)", result.steps.len());
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

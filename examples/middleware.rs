//! A middleware of one's own in a few lines, among those that come with the crate.
//!
//! With `ANTHROPIC_API_KEY` set it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, ClientBuilder, CostBudget, Error, EventStream, ExtractThinking, Middleware,
    Next, RateLimit, Request, Response, ResponseCache, async_trait, generate,
};

/// Says whom it asks.
#[derive(Debug)]
struct Announce;

#[async_trait]
impl Middleware for Announce {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        println!("  asking {}", request.model);
        next.complete(request).await
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        println!("  asking {}", request.model);
        next.stream(request).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answer = "<think>Rust was named after a fungus.</think>\n\nAfter a fungus.";
    let script = Script::new().turn(Turn::text(answer).usage(2_000, 400).repeat());
    let server = ScriptedServer::start(script).await?;
    let builder = ClientBuilder::from_env().or_else(|_| scripted(&server))?;

    let budget = CostBudget::new("$0.02".parse()?);
    let client = builder
        .middleware(ExtractThinking::new())
        .middleware(ResponseCache::in_memory())
        .middleware(budget.clone())
        .middleware(RateLimit::new().requests_per_minute(50))
        .middleware(Announce)
        .build()?;

    let questions = [
        "What is Rust named after?",
        "What is Rust named after?",
        "Who named it?",
    ];
    for question in questions {
        println!("{question}");
        match generate("claude-opus-4-6")
            .client(&client)
            .prompt(question)
            .await
        {
            Ok(answer) => println!("  {}", answer.text),
            Err(error) => println!("  {error}"),
        }
        println!("  {} of {} spent", budget.spent(), budget.limit());
    }
    server.shutdown().await;
    Ok(())
}

/// A client in the making, of the scripted model.
fn scripted(server: &ScriptedServer) -> Result<ClientBuilder, Error> {
    let adapter = AnthropicAdapter::builder("scripted")
        .base_url(server.base_url())
        .build()?;
    Ok(ClientBuilder::default().provider(adapter))
}

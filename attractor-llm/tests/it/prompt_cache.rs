//! Sessions against a server that counts what a prompt cache would serve of the bytes it is sent.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Client, GeminiAdapter, GenerateResult, OpenAiAdapter, Tool, generate,
};
use serde_json::{Value, json};

const ROUNDS: usize = 6;

/// An agent that reads a page in each of six rounds and then answers.
async fn session(model: &str, settings: &[(&str, Value)]) -> GenerateResult {
    let read = Turn::thinking("I read on.", "c2ln").and_tool_call("read", json!({"page": 1}));
    let turns = [read.times(6), Turn::text("It ends well.")];
    let script = turns.into_iter().collect::<Script>().with_prompt_cache();
    let server = ScriptedServer::start(script).await.unwrap();
    let url = server.base_url();
    let anthropic = AnthropicAdapter::builder("key")
        .base_url(&url)
        .build()
        .unwrap();
    let gemini = GeminiAdapter::builder("key")
        .base_url(&url)
        .build()
        .unwrap();
    let openai = OpenAiAdapter::builder("key")
        .base_url(format!("{url}/v1"))
        .build()
        .unwrap();
    let client = Client::builder()
        .provider(anthropic)
        .provider(gemini)
        .provider(openai)
        .build()
        .unwrap();
    let page = "It was a dark and stormy night. ".repeat(50);
    let schema = json!({"type": "object", "properties": {"page": {"type": "integer"}}});
    let tool = Tool::new("read", "Reads a page", schema, move |_: Value, _| {
        std::future::ready(page.clone())
    });
    let call = generate(model)
        .client(&client)
        .system("You read novels. ".repeat(400))
        .prompt("How does it end?")
        .tool(tool.unwrap())
        .max_tool_rounds(ROUNDS);
    let call = settings.iter().fold(call, |call, (key, value)| {
        call.provider_option(model.split('/').next().unwrap(), key, value.clone())
    });
    let result = call.await.unwrap();
    server.shutdown().await;
    result
}

/// The share of each turn's input that the cache served, in percent.
fn served(result: &GenerateResult) -> Vec<u64> {
    let share = |usage: &attractor_llm::Usage| {
        usage.cache_read_tokens.unwrap_or(0) * 100 / usage.total_input_tokens()
    };
    result.steps.iter().map(|step| share(&step.usage)).collect()
}

#[tokio::test]
async fn from_the_second_turn_on_most_of_the_input_comes_from_the_cache() {
    let models = [
        "anthropic/claude-opus-4-6",
        "gemini/gemini-3-flash-preview",
        "openai/gpt-5.2",
    ];
    for model in models {
        let served = served(&session(model, &[]).await);
        assert_eq!(served.len(), ROUNDS + 1, "{model}");
        assert_eq!(served[0], 0, "{model}");
        assert!(
            served[1..].iter().all(|share| *share > 50),
            "{model}: {served:?}"
        );
        assert!(
            served[4..].iter().all(|share| *share > 80),
            "{model}: {served:?}"
        );
    }
}

#[tokio::test]
async fn without_breakpoints_nothing_is_served() {
    let off = [("auto_cache", json!(false))];
    let result = session("anthropic/claude-opus-4-6", &off).await;
    assert_eq!(served(&result), [0; ROUNDS + 1]);
}

#[tokio::test]
async fn what_is_stored_once_is_served_the_next_time_and_the_rest_is_new() {
    let result = session("anthropic/claude-opus-4-6", &[]).await;
    let mut stored = 0;
    for step in &result.steps {
        let usage = &step.usage;
        assert_eq!(usage.cache_read_tokens, Some(stored));
        stored += usage.cache_write_tokens.unwrap();
        assert!(usage.uncached_input_tokens() < 10, "{usage:?}");
    }
}

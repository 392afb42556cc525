//! The parity matrix of unified-llm-spec 8.9 and the smoke test of 8.10 against real providers.
//!
//! They cost money, so they run only where asked for: `ATTRACTOR_LIVE_TESTS=1` and the key of each
//! provider that is to be asked (`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GEMINI_API_KEY`). Whatever
//! isn't asked says SKIPPED. A rate limit can't be provoked politely: that row is the scripted
//! server's.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests; a skipped check says so"
)]

use attractor_llm::{
    Client, ContentPart, ErrorKind, FinishReasonKind, GenerateResult, Generation, ImageData,
    JsonSchema, Message, Role, StreamEvent, Tool, catalog, generate, generate_object, schemars,
    stream,
};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

const SWITCH: &str = "ATTRACTOR_LIVE_TESTS";

const PROVIDERS: [&str; 3] = ["openai", "anthropic", "gemini"];

/// A provider that may be asked.
struct Live {
    client: Client,
    provider: &'static str,
    /// The model for the rows of the matrix: a small one.
    model: String,
}

impl Live {
    /// The providers that may be asked; says of the others why not.
    fn all() -> Vec<Self> {
        if std::env::var(SWITCH).as_deref() != Ok("1") {
            println!("SKIPPED: {SWITCH} isn't 1");
            return Vec::new();
        }
        let client = match Client::from_env() {
            Ok(client) => client,
            Err(error) => {
                println!("SKIPPED: {error}");
                return Vec::new();
            }
        };
        let live = PROVIDERS.into_iter().filter_map(|provider| {
            if !client.provider_names().contains(&provider) {
                println!("SKIPPED: no key of {provider}");
                return None;
            }
            let small = match provider {
                "openai" => "openai/gpt-mini",
                "anthropic" => "anthropic/haiku",
                _ => "gemini/gemini-flash",
            };
            let model = catalog::model_info(small).map(|info| info.id.clone());
            let client = client.clone();
            model.map(|model| Self {
                client,
                provider,
                model,
            })
        });
        live.collect()
    }

    fn ask<M>(&self, call: Generation<M>) -> Generation<M> {
        call.client(&self.client)
            .provider(self.provider)
            .max_tokens(2_000)
    }

    fn generate(&self) -> Generation<attractor_llm::generate::Text> {
        self.ask(generate(&self.model))
    }

    async fn see(&self, image: ImageData) -> GenerateResult {
        let question = ContentPart::text("Answer in one word: which colour dominates this image?");
        let content = vec![question, ContentPart::Image(image)];
        self.generate()
            .messages([Message::new(Role::User, content)])
            .await
            .unwrap()
    }
}

fn red() -> ImageData {
    ImageData::from_bytes(include_bytes!("../fixtures/red.png").to_vec(), "image/png")
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[schemars(crate = "schemars")]
struct Person {
    name: String,
    age: u32,
}

fn weather() -> Tool {
    let schema = json!({
        "type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"],
    });
    Tool::new(
        "get_weather",
        "The weather in a city",
        schema,
        async |place: Value, _| {
            format!(
                "72F and sunny in {}",
                place["location"].as_str().unwrap_or("?")
            )
        },
    )
    .unwrap()
}

/// A tool that tells one digit of a secret at a time, so that each call needs the one before.
fn chain() -> Tool {
    let schema = json!({
        "type": "object", "properties": {"key": {"type": "integer"}}, "required": ["key"],
    });
    Tool::new(
        "next_key",
        "Gives the key that follows a key",
        schema,
        async |call: Value, _| match call["key"].as_i64() {
            Some(1) => "the next key is 17",
            Some(17) => "the next key is 42",
            Some(42) => "this was the last key; the word is PLUM",
            _ => "unknown key",
        },
    )
    .unwrap()
}

#[tokio::test]
async fn text_whole_and_streamed_with_its_usage() {
    for live in Live::all() {
        let result = live
            .generate()
            .prompt("Say hello in one sentence.")
            .await
            .unwrap();
        assert!(!result.text.is_empty(), "{}", live.provider);
        assert_eq!(result.finish_reason.reason, FinishReasonKind::Stop);
        let usage = &result.usage;
        assert!(
            usage.input_tokens > 0 && usage.output_tokens > 0,
            "{usage:?}"
        );
        assert!(
            usage.total_tokens >= usage.input_tokens + usage.output_tokens,
            "{usage:?}"
        );
        let call = live.ask(stream(&live.model)).prompt("Count from 1 to 20.");
        let mut answer = call.await.unwrap();
        let pieces: Vec<_> = answer.text_stream().map(Result::unwrap).collect().await;
        assert_eq!(pieces.concat(), answer.response().await.unwrap().text());
        assert!(pieces.len() > 1, "{}", live.provider);
    }
}

#[tokio::test]
async fn images_as_bytes_and_by_address() {
    let address = "https://www.gstatic.com/webp/gallery/1.jpg";
    for live in Live::all() {
        let result = live.see(red()).await;
        assert!(
            result.text.to_lowercase().contains("red"),
            "{}: {}",
            live.provider,
            result.text
        );
        let result = live.see(ImageData::from_url(address)).await;
        assert!(!result.text.is_empty(), "{}", live.provider);
    }
}

#[tokio::test]
async fn tools_alone_in_parallel_in_a_chain_and_streamed() {
    for live in Live::all() {
        let question = "What is the weather in San Francisco and New York?";
        let call = live
            .generate()
            .prompt(question)
            .tool(weather())
            .max_tool_rounds(3);
        let result = call.await.unwrap();
        assert!(result.steps.len() >= 2, "{}", live.provider);
        assert!(result.text.contains("San Francisco") && result.text.contains("New York"));
        let question = "Start with key 1 and follow the keys to the last. Which is the word?";
        let call = live
            .generate()
            .prompt(question)
            .tool(chain())
            .max_tool_rounds(6);
        let result = call.await.unwrap();
        assert!(
            result.steps.len() >= 4,
            "{}: {}",
            live.provider,
            result.steps.len()
        );
        assert!(
            result.text.to_uppercase().contains("PLUM"),
            "{}",
            result.text
        );
        let call = live
            .ask(stream(&live.model))
            .prompt("How is the weather in Oslo?");
        let events: Vec<_> = call.tool(weather()).await.unwrap().collect().await;
        let is_step = |event: &_| matches!(event, Ok(StreamEvent::StepFinish { .. }));
        assert_eq!(events.iter().filter(|event| is_step(event)).count(), 1);
        let last = events.into_iter().next_back().unwrap().unwrap();
        assert!(matches!(last, StreamEvent::Finish { .. }), "{last:?}");
    }
}

#[tokio::test]
async fn an_object_that_fits_its_type() {
    for live in Live::all() {
        let call = live.ask(generate_object::<Person>(&live.model));
        let result = call.prompt("Extract: Alice is 30 years old").await.unwrap();
        let name = "Alice".to_owned();
        assert_eq!(result.output, Person { name, age: 30 }, "{}", live.provider);
    }
}

#[tokio::test]
async fn reasoning_is_counted() {
    for live in Live::all() {
        let question = "How many of the numbers from 1 to 60 are divisible by 2, 3 or 5?";
        let call = live
            .generate()
            .prompt(question)
            .reasoning_effort("low")
            .max_tokens(8_000);
        let usage = call.await.unwrap().usage;
        assert!(
            usage.reasoning_tokens.is_some(),
            "{}: {usage:?}",
            live.provider
        );
    }
}

#[tokio::test]
async fn a_wrong_key_and_an_unknown_model_are_told_apart() {
    use attractor_llm::{AnthropicAdapter, OpenAiAdapter};
    for live in Live::all() {
        let call = live.ask(generate("nonexistent-model-xyz")).prompt("test");
        let error = call.await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::NotFound,
            "{}: {error}",
            live.provider
        );
        let builder = Client::builder();
        let wrong = match live.provider {
            "openai" => builder.provider(OpenAiAdapter::new("sk-wrong").unwrap()),
            "anthropic" => builder.provider(AnthropicAdapter::new("sk-wrong").unwrap()),
            _ => continue,
        };
        let call = live
            .generate()
            .client(&wrong.build().unwrap())
            .prompt("test");
        let error = call.await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Authentication,
            "{}: {error}",
            live.provider
        );
    }
}

#[tokio::test]
async fn later_turns_read_the_cache() {
    for live in Live::all() {
        let rules: String = (0..600)
            .map(|rule| format!("Rule {rule}: be brief and name no rule by its number. "))
            .collect();
        let mut messages = vec![Message::system(rules)];
        let mut served = Vec::new();
        for turn in 0..6 {
            messages.push(Message::user(format!(
                "Name a word that begins with {turn} as a letter."
            )));
            let result = live.generate().messages(messages).await.unwrap();
            let usage = &result.usage;
            served.push(usage.cache_read_tokens.unwrap_or(0) * 100 / usage.total_input_tokens());
            messages = result.messages;
        }
        assert!(
            served[1..].iter().any(|share| *share > 0),
            "{}: {served:?}",
            live.provider
        );
        assert!(
            served[4..].iter().any(|share| *share > 50),
            "{}: {served:?}",
            live.provider
        );
    }
}

#[tokio::test]
async fn options_of_one_provider_pass_through() {
    for live in Live::all() {
        let call = live.generate().prompt("Say hello.");
        let call = match live.provider {
            "openai" => call.provider_option("openai", "service_tier", "default"),
            "anthropic" => call.provider_option("anthropic", "metadata", json!({"user_id": "t"})),
            _ => call.provider_option("gemini", "safetySettings", json!([])),
        };
        assert!(!call.await.unwrap().text.is_empty(), "{}", live.provider);
    }
}

#[tokio::test]
async fn the_smoke_test_of_the_specification_passes_with_the_latest_models() {
    for live in Live::all() {
        let latest = catalog::latest_model(live.provider, None).unwrap();
        let call = live
            .ask(generate(&latest.id))
            .prompt("Say hello in one sentence.");
        let result = call.await.unwrap();
        assert!(
            !result.text.is_empty() && result.usage.output_tokens > 0,
            "{}",
            latest.id
        );
        assert_eq!(
            result.finish_reason.reason,
            FinishReasonKind::Stop,
            "{}",
            latest.id
        );
        let call = live.ask(stream(&latest.id)).prompt("Write a haiku.");
        let mut haiku = call.await.unwrap();
        let pieces: Vec<_> = haiku.text_stream().map(Result::unwrap).collect().await;
        assert_eq!(
            pieces.concat(),
            haiku.response().await.unwrap().text(),
            "{}",
            latest.id
        );
    }
}

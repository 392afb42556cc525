//! The smoke test of unified-llm-spec 8.10 against the scripted server.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Client, ContentPart, ErrorKind, FinishReasonKind, ImageData, Message,
    OpenAiAdapter, Role, Tool, catalog, generate, generate_object_with_schema, stream,
};
use futures::StreamExt as _;
use serde_json::{Value, json};

const MODEL: &str = "claude-opus-5-5";

const PROVIDERS: [&str; 2] = ["anthropic", "openai"];

async fn serve(turns: impl IntoIterator<Item = Turn>) -> (Client, ScriptedServer) {
    let script = turns.into_iter().fold(Script::new(), Script::turn);
    let server = ScriptedServer::start(script).await.unwrap();
    let url = server.base_url();
    let anthropic = AnthropicAdapter::builder("key").base_url(&url);
    let openai = OpenAiAdapter::builder("key").base_url(&url);
    let client = Client::builder()
        .provider(anthropic.build().unwrap())
        .provider(openai.build().unwrap())
        .default_provider("anthropic");
    (client.build().unwrap(), server)
}

#[tokio::test]
async fn the_latest_model_of_each_provider_answers_over_http() {
    for provider in PROVIDERS {
        let (client, server) = serve([Turn::text("Hello there.").usage(12, 4)]).await;
        let model = catalog::latest_model(provider, None).unwrap();
        let result = generate(&model.id)
            .client(&client)
            .prompt("Say hello in one sentence.")
            .max_tokens(100)
            .provider(provider)
            .await
            .unwrap();
        assert_eq!(result.text, "Hello there.");
        assert_eq!(
            (result.usage.input_tokens, result.usage.output_tokens),
            (12, 4)
        );
        assert_eq!(result.finish_reason.reason, FinishReasonKind::Stop);
        assert_eq!(result.response.provider, provider);
        assert_eq!(server.requests()[0].body["model"], model.id);
    }
}

#[tokio::test]
async fn streamed_text_equals_the_response() {
    let (client, _server) = serve([Turn::text("An old pond, a frog, a splash of water.")]).await;
    let mut answer = stream(MODEL)
        .client(&client)
        .prompt("Write a haiku.")
        .await
        .unwrap();
    let pieces: Vec<_> = answer.text_stream().map(Result::unwrap).collect().await;
    assert!(pieces.len() > 1);
    assert_eq!(pieces.concat(), answer.response().await.unwrap().text());
}

#[tokio::test]
async fn parallel_tools_take_two_steps() {
    let cities = ["San Francisco", "New York"];
    let call = |city| json!({"location": city});
    let turns = [
        Turn::tool_call("get_weather", call(cities[0]))
            .and_tool_call("get_weather", call(cities[1])),
        Turn::text("San Francisco: 72F. New York: 60F.").when(Match::any().tool_results(2)),
    ];
    let (client, server) = serve(turns).await;
    let schema = json!({"type": "object", "properties": {"location": {"type": "string"}}});
    let weather = Tool::new(
        "get_weather",
        "The weather",
        schema,
        async |place: Value, _| format!("mild in {}", place["location"]),
    );
    let question = "What is the weather in San Francisco and New York?";
    let call = generate(MODEL)
        .client(&client)
        .prompt(question)
        .tool(weather.unwrap());
    let result = call.max_tool_rounds(3).await.unwrap();
    assert_eq!(result.steps.len(), 2);
    assert!(cities.iter().all(|city| result.text.contains(city)));
    let sent = &server.requests()[1].body["messages"][2]["content"];
    assert_eq!(sent.as_array().map(Vec::len), Some(2), "{sent}");
}

#[tokio::test]
async fn an_image_is_seen() {
    let (client, server) = serve([Turn::text("A square.")]).await;
    let content = vec![
        ContentPart::text("What do you see?"),
        ContentPart::Image(ImageData::from_bytes(
            vec![0x89, 0x50, 0x4e, 0x47],
            "image/png",
        )),
    ];
    let question = [Message::new(Role::User, content)];
    let result = generate(MODEL)
        .client(&client)
        .messages(question)
        .await
        .unwrap();
    assert_eq!(result.text, "A square.");
    let image = &server.requests()[0].body["messages"][0]["content"][1];
    assert_eq!(image["source"]["media_type"], "image/png");
}

#[tokio::test]
async fn an_object_is_extracted() {
    for provider in PROVIDERS {
        let (client, _server) = serve([Turn::text(r#"{"name": "Alice", "age": 30}"#)]).await;
        let schema = json!({
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
        });
        let model = catalog::latest_model(provider, None).unwrap();
        let call = generate_object_with_schema(&model.id, schema).client(&client);
        let call = call
            .provider(provider)
            .prompt("Extract: Alice is 30 years old");
        let output = call.await.unwrap().output;
        assert_eq!(
            (&output["name"], &output["age"]),
            (&json!("Alice"), &json!(30))
        );
    }
}

#[tokio::test]
async fn an_unknown_model_is_not_found() {
    for provider in PROVIDERS {
        let (client, _server) = serve([Turn::api_error(404, "no such model")]).await;
        let call = generate("nonexistent-model-xyz")
            .client(&client)
            .provider(provider);
        let error = call.prompt("test").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

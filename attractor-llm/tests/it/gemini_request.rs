//! What goes out to the Gemini API.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use attractor_llm::{
    AudioData, ContentPart, DocumentData, ErrorKind, GeminiAdapter, ImageData, Message, Origin,
    ProviderAdapter as _, Request, ResponseFormat, Role, ThinkingData, ToolCallData, ToolChoice,
    ToolDefinition, ToolResultData,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::Canned;

const MODEL: &str = "gemini-3-flash-preview";

fn ask(messages: Vec<Message>) -> Request {
    Request::new(MODEL, messages)
}

fn hello() -> Request {
    ask(vec![Message::user("hello")])
}

fn reply(parts: &Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "responseId": "r"})
}

/// What was sent for a request, and what the caller is warned of.
async fn sent(request: Request) -> Value {
    let (adapter, canned) = Canned::json(200, &reply(&json!([{"text": "ok"}]))).gemini();
    let response = adapter.complete(request).await.unwrap();
    json!({"body": canned.body_sent(), "warnings": response.warnings})
}

/// A snapshot of a contract, named after what it shows.
fn check(name: &str, sent: &Value) {
    insta::with_settings!({
        prepend_module_to_snapshot => false, snapshot_path => "../snapshots/gemini_requests"
    }, {
        assert_json_snapshot!(name, sent);
    });
}

fn weather() -> ToolDefinition {
    let parameters = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": {"city": {"type": "string"}}, "required": ["city"],
    });
    ToolDefinition::new("weather", "The weather in a city", parameters).unwrap()
}

fn called(id: &str) -> Message {
    let call = ToolCallData::new(id, "weather", json!({"city": id}));
    Message::new(Role::Assistant, vec![ContentPart::ToolCall(call)])
}

#[tokio::test]
async fn every_role_has_its_place() {
    let messages = vec![
        Message::system("Be terse."),
        Message::developer("Use metric units."),
        Message::user("How far?"),
        Message::user("And how warm?"),
        Message::assistant("I look."),
        called("Rome"),
        called("Oslo"),
        Message::tool_result("Oslo", "cold", true),
        Message::tool_result("Rome", json!({"km": 3}), false),
        Message::user("Thanks"),
    ];
    check("roles", &sent(ask(messages)).await);
}

#[tokio::test]
async fn media_go_inline_or_by_address() {
    let parts = vec![
        ContentPart::text("What is all this?"),
        ContentPart::Image(ImageData::from_url("https://a.b/c.webp?x=1")),
        ContentPart::Image(ImageData::from_url("data:image/gif;base64,AAEC")),
        ContentPart::Image(ImageData::from_bytes(vec![0, 1, 2], "image/jpeg")),
        ContentPart::Audio(AudioData::from_bytes(vec![3], "audio/ogg")),
        ContentPart::Document(
            DocumentData::from_bytes(b"a,b".to_vec(), "text/csv").file_name("t.csv"),
        ),
        ContentPart::Document(DocumentData::from_url("https://youtu.be/x")),
    ];
    check(
        "media",
        &sent(ask(vec![Message::new(Role::User, parts)])).await,
    );
    let neither = ContentPart::Image(ImageData::default());
    let (adapter, _) = Canned::json(200, &json!({})).gemini();
    let request = ask(vec![Message::new(Role::User, vec![neither])]);
    let error = adapter.complete(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn a_local_image_is_sent_inline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    std::fs::write(&path, [1, 2, 3]).unwrap();
    let image = ImageData::from_url(path.to_string_lossy());
    let message = Message::new(Role::User, vec![ContentPart::Image(image)]);
    let sent = sent(ask(vec![message])).await;
    let expected = json!({"inlineData": {"mimeType": "image/png", "data": "AQID"}});
    assert_eq!(sent["body"]["contents"][0]["parts"][0], expected);
}

#[tokio::test]
async fn an_image_in_a_result_goes_where_the_model_looks() {
    let image = ImageData::from_bytes(vec![1], "image/png");
    let result = ToolResultData::new("Rome", "a map").image(image);
    let messages = vec![Message::user("Map?"), called("Rome"), Message::from(result)];
    for (model, within) in [(MODEL, true), ("gemini-2.5-flash", false)] {
        let mut request = ask(messages.clone());
        request.model = model.to_owned();
        let parts = sent(request).await["body"]["contents"][2]["parts"].clone();
        let inside = parts[0]["functionResponse"]["parts"][0]["inlineData"].is_object();
        assert_eq!(
            (inside, parts[1]["inlineData"].is_object()),
            (within, !within)
        );
    }
}

#[tokio::test]
async fn parameters_have_their_names() {
    let request = hello()
        .max_tokens(99)
        .temperature(0.5)
        .top_p(0.9)
        .stop_sequences((0..7).map(|n| n.to_string()).collect())
        .reasoning_effort("minimal")
        .tools(vec![weather()])
        .tool_choice(ToolChoice::Named("weather".to_owned()))
        .provider_option(
            "gemini",
            "safety_settings",
            json!([{"category": "C", "threshold": "T"}]),
        )
        .provider_option("gemini", "seed", 7)
        .provider_option("gemini", "tools", json!([{"googleSearch": {}}]));
    check("parameters", &sent(request).await);
}

#[tokio::test]
async fn each_way_to_choose_tools_has_its_mode() {
    let cases = [
        (ToolChoice::Auto, json!({"mode": "AUTO"})),
        (ToolChoice::None, json!({"mode": "NONE"})),
        (ToolChoice::Required, json!({"mode": "ANY"})),
    ];
    for (choice, expected) in cases {
        let request = hello().tools(vec![weather()]).tool_choice(choice);
        let config = sent(request).await["body"]["toolConfig"].clone();
        assert_eq!(config["functionCallingConfig"], expected);
    }
}

#[tokio::test]
async fn an_object_is_asked_for_in_the_way_that_the_model_can() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let format = ResponseFormat::json_schema(schema.clone());
    for (model, tools, native) in [
        (MODEL, true, true),
        ("gemini-2.5-flash", false, true),
        ("gemini-2.5-flash", true, false),
        ("gemma-3-27b-it", false, false),
    ] {
        let mut request = hello().response_format(format.clone());
        request.model = model.to_owned();
        request.tools = if tools { vec![weather()] } else { Vec::new() };
        let body = sent(request).await["body"].clone();
        let config = &body["generationConfig"];
        let expected = if native { &schema } else { &Value::Null };
        assert_eq!(&config["responseJsonSchema"], expected, "{model}");
        assert_eq!(
            body.to_string().contains("fit this JSON Schema"),
            !native,
            "{model}"
        );
    }
}

#[tokio::test]
async fn the_effort_becomes_a_level_or_a_budget() {
    let config = async |model: &str, effort: &str| {
        let mut request = hello().reasoning_effort(effort);
        request.model = model.to_owned();
        let sent = sent(request).await;
        let warned = sent["warnings"].as_array().is_some_and(|it| !it.is_empty());
        (
            sent["body"]["generationConfig"]["thinkingConfig"].clone(),
            warned,
        )
    };
    let low = json!({"thinkingLevel": "low", "includeThoughts": true});
    assert_eq!(config(MODEL, "low").await, (low.clone(), false));
    assert_eq!(config("gemini-3.1-pro-preview", "none").await, (low, true));
    let budget = json!({"thinkingBudget": 8192, "includeThoughts": true});
    assert_eq!(config("gemini-2.5-pro", "medium").await, (budget, false));
    let off = json!({"thinkingBudget": 0});
    assert_eq!(config("gemini-2.5-flash", "none").await, (off, false));
    assert_eq!(
        config("gemini-2.0-flash", "high").await,
        (Value::Null, true)
    );
}

#[tokio::test]
async fn cached_content_stands_for_what_it_holds() {
    let request = ask(vec![Message::system("Be terse."), Message::user("hello")])
        .tools(vec![weather()])
        .provider_option("gemini", "cached_content", "cachedContents/1");
    let sent = sent(request).await;
    assert_eq!(sent["body"]["cachedContent"], "cachedContents/1");
    assert_eq!(sent["body"].as_object().unwrap().len(), 2);
    assert_eq!(sent["warnings"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_came_goes_back_as_it_came_to_the_same_model_only() {
    let parts = json!([
        {"text": "Hm.", "thought": true},
        {"text": "I look."},
        {"text": "", "thoughtSignature": "s1"},
        {"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}, "thoughtSignature": "s2"},
        {"functionCall": {"id": "c1", "name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "s3"},
        {"functionCall": {"id": "c2", "name": "weather", "args": {}}},
    ]);
    let (adapter, _) = Canned::json(200, &reply(&parts)).gemini();
    let answer = adapter.complete(hello()).await.unwrap();
    let mut request = hello();
    request.messages.push(answer.message);
    for id in ["c1", "c2"] {
        request.messages.push(Message::tool_result(id, "ok", false));
    }
    let same = sent(request.clone()).await["body"]["contents"][1]["parts"].clone();
    assert_eq!(same, parts);
    request.model = "gemini-3.1-pro-preview".to_owned();
    let other = sent(request).await["body"]["contents"][1]["parts"].clone();
    assert_eq!(other[0], json!({"text": "I look."}));
    let call = other
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["functionCall"]["id"] == "c1");
    // What Google says to send where the signature isn't known.
    assert_eq!(
        call.unwrap()["thoughtSignature"],
        "skip_thought_signature_validator"
    );
}

#[tokio::test]
async fn foreign_reasoning_stays_out() {
    let origin = Origin::new("anthropic", "claude-opus-5-5");
    let thinking = ThinkingData::new("Hm.").signature("x").origin(origin);
    let answer = vec![ContentPart::Thinking(thinking), ContentPart::text("Four.")];
    let messages = vec![
        Message::user("2 + 2?"),
        Message::new(Role::Assistant, answer),
        Message::user("Sure?"),
    ];
    let sent = sent(ask(messages)).await;
    assert_eq!(
        sent["body"]["contents"][1]["parts"],
        json!([{"text": "Four."}])
    );
}

#[tokio::test]
async fn each_turn_extends_the_one_before() {
    let mut messages = vec![Message::system("Be terse."), Message::user("one")];
    let first = sent(ask(messages.clone())).await["body"].clone();
    messages.extend([Message::assistant("two"), Message::user("three")]);
    let second = sent(ask(messages)).await["body"].clone();
    let (first, second) = (first.to_string(), second.to_string());
    let stable = first.trim_end_matches(|c| "]}".contains(c));
    let common = stable
        .bytes()
        .zip(second.bytes())
        .take_while(|(a, b)| a == b);
    assert!(common.count() + 60 > stable.len(), "{first}\n{second}");
}

#[tokio::test]
async fn the_key_is_in_a_header_and_nowhere_else() {
    let canned = Arc::new(Canned::json(200, &reply(&json!([{"text": "ok"}]))));
    let adapter = GeminiAdapter::builder(" secret-key\n")
        .base_url("https://a.b?x=1")
        .default_header("x-goog-feature", "beta")
        .transport(canned.clone())
        .build()
        .unwrap();
    adapter.complete(hello()).await.unwrap();
    assert_eq!(
        canned.header_sent("x-goog-api-key").as_deref(),
        Some("secret-key")
    );
    assert_eq!(
        canned.header_sent("x-goog-feature").as_deref(),
        Some("beta")
    );
    let requests = canned.requests.lock().unwrap();
    let url = format!("https://a.b/v1beta/models/{MODEL}:generateContent?x=1");
    assert_eq!(requests[0].url, url);
    let shown = format!("{:?} {adapter:?}", *requests);
    assert!(!shown.contains("secret-key"), "{shown}");
}

#[tokio::test]
async fn a_stream_is_asked_for_as_events() {
    let (adapter, canned) = Canned::events("").gemini();
    let _ = adapter.stream(hello()).await;
    let url = canned.requests.lock().unwrap()[0].url.clone();
    assert!(url.ends_with("/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse"));
}

//! What goes out to the services that speak Chat Completions.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use attractor_llm::provider::openai_compatible::{ReasoningFormat, Service};
use attractor_llm::{
    AudioData, ContentPart, DocumentData, ErrorKind, ImageData, Message, OpenAiCompatibleAdapter,
    ProviderAdapter as _, Request, ResponseFormat, Role, ToolCallData, ToolChoice, ToolDefinition,
    ToolResultData,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::{Canned, finished};

fn ask(model: &str, messages: Vec<Message>) -> Request {
    Request::new(model, messages)
}

fn hello(model: &str) -> Request {
    ask(model, vec![Message::user("hello")])
}

fn reply(message: &Value) -> Value {
    json!({"id": "c", "model": "m", "choices": [{"message": message, "finish_reason": "stop"}]})
}

/// What was sent to the service at an address, and what the caller is warned of.
async fn sent_to(base_url: &str, request: Request) -> Value {
    let (adapter, canned) = Canned::json(200, &reply(&json!({"content": "Hi"}))).chat_at(base_url);
    let response = adapter.complete(request).await.unwrap();
    json!({"body": canned.body_sent(), "warnings": response.warnings})
}

async fn sent(request: Request) -> Value {
    sent_to("https://llm.example.com/v1", request).await
}

/// A snapshot of a contract, named after what it shows.
fn check(name: &str, sent: &Value) {
    insta::with_settings!({
        prepend_module_to_snapshot => false, snapshot_path => "../snapshots/chat_requests"
    }, {
        assert_json_snapshot!(name, sent);
    });
}

fn weather() -> ToolDefinition {
    let parameters = json!({
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    });
    ToolDefinition::new("weather", "The weather in a city", parameters).unwrap()
}

/// A conversation with everything that services treat in their own way.
fn everything(model: &str) -> Request {
    let call = ToolCallData::new("call_1", "weather", json!({"city": "Rome"}));
    let messages = vec![
        Message::system("Be terse."),
        Message::developer("Use metric units."),
        Message::user("Weather?"),
        Message::new(Role::Assistant, vec![ContentPart::ToolCall(call)]),
        Message::tool_result("call_1", "sunny", false),
        Message::user("And now?"),
        Message::developer("In miles."),
    ];
    let schema = json!({"title": "Answer", "type": "object", "required": ["sky"],
        "properties": {"sky": {"type": "string"}}});
    let stop = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
    ask(model, messages)
        .tools(vec![weather()])
        .tool_choice(ToolChoice::Auto)
        .response_format(ResponseFormat::json_schema(schema))
        .max_tokens(100)
        .temperature(0.5)
        .stop_sequences(stop)
        .reasoning_effort("xhigh")
        .provider_option("chat", "parallel_tool_calls", false)
        .provider_option("chat", "strict_tools", true)
}

#[tokio::test]
async fn each_service_is_spoken_to_in_its_own_words() {
    let local = "http://localhost:9/v1";
    let cases = [
        (Service::OpenAi, "gpt-5.2"),
        (Service::Azure, "gpt-4o"),
        (Service::Groq, "openai/gpt-oss-20b"),
        (Service::Together, "Qwen/Qwen3.5-9B"),
        (Service::OpenRouter, "anthropic/claude-opus-4.6"),
        (Service::Mistral, "mistral-small-latest"),
        (Service::DeepSeek, "deepseek-v4-pro"),
        (Service::Xai, "grok-4.3"),
        (Service::Cerebras, "zai-glm-4.7"),
        (Service::Fireworks, "accounts/fireworks/models/kimi-k2p6"),
        (Service::Ollama, "qwen3"),
        (Service::Vllm, "Qwen/Qwen3-8B"),
        (Service::LlamaCpp, "gpt-oss"),
    ];
    for (service, model) in cases {
        let canned = Arc::new(Canned::json(200, &reply(&json!({"content": "Hi"}))));
        let adapter = OpenAiCompatibleAdapter::service(service, "secret-key")
            .name("chat")
            .base_url(service.base_url().unwrap_or(local))
            .transport(canned.clone())
            .build()
            .unwrap();
        let response = adapter.complete(everything(model)).await.unwrap();
        let url = canned.requests.lock().unwrap()[0].url.clone();
        let warnings: Vec<_> = response.warnings.iter().map(|it| it.code.clone()).collect();
        let sent = json!({"url": url, "body": canned.body_sent(), "warnings": warnings});
        check(
            &format!("service_{}", service.name().replace('-', "_")),
            &sent,
        );
    }
}

#[tokio::test]
async fn every_dialect_of_reasoning_has_its_words_for_on_and_off() {
    let cases = [
        (ReasoningFormat::None, json!({}), json!({})),
        (
            ReasoningFormat::Effort,
            json!({"reasoning_effort": "low"}),
            json!({"reasoning_effort": "none"}),
        ),
        (
            ReasoningFormat::ReasoningEffort,
            json!({"reasoning": {"effort": "low"}}),
            json!({"reasoning": {"effort": "none"}}),
        ),
        (
            ReasoningFormat::ReasoningEnabled,
            json!({"reasoning": {"enabled": true}}),
            json!({"reasoning": {"enabled": false}}),
        ),
        (
            ReasoningFormat::ThinkingType,
            json!({"thinking": {"type": "enabled"}}),
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            ReasoningFormat::ThinkingTypeAndEffort,
            json!({"thinking": {"type": "enabled"}, "reasoning_effort": "low"}),
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            ReasoningFormat::EnableThinking,
            json!({"enable_thinking": true}),
            json!({"enable_thinking": false}),
        ),
        (
            ReasoningFormat::DisableReasoning,
            json!({"disable_reasoning": false}),
            json!({"disable_reasoning": true}),
        ),
        (
            ReasoningFormat::TemplateEnableThinking,
            json!({"chat_template_kwargs": {"enable_thinking": true}}),
            json!({"chat_template_kwargs": {"enable_thinking": false}}),
        ),
        (
            ReasoningFormat::TemplateThinking,
            json!({"chat_template_kwargs": {"thinking": true}}),
            json!({"chat_template_kwargs": {"thinking": false}}),
        ),
        (
            ReasoningFormat::TemplateEffort,
            json!({"chat_template_kwargs": {"reasoning_effort": "low"}}),
            json!({"chat_template_kwargs": {"reasoning_effort": "none"}}),
        ),
    ];
    for (format, on, off) in cases {
        for (effort, expected) in [("low", on), ("off", off)] {
            let request = hello("m").reasoning_effort(effort).provider_option(
                "chat",
                "compat",
                json!({"reasoning_format": format}),
            );
            let mut body = sent(request).await["body"].clone();
            for key in ["model", "messages"] {
                body.as_object_mut().unwrap().remove(key);
            }
            assert_eq!(body, expected, "{format:?} {effort}");
        }
    }
}

#[tokio::test]
async fn media_and_documents_have_their_parts() {
    let parts = vec![
        ContentPart::text("What is all this?"),
        ContentPart::Image(ImageData::from_url("https://example.com/a.png").detail("low")),
        ContentPart::Image(ImageData::from_bytes(b"GIF89a".to_vec(), "image/gif")),
        ContentPart::Audio(AudioData::from_bytes(b"RIFF".to_vec(), "audio/mpeg")),
        ContentPart::Document(DocumentData::from_bytes(
            b"%PDF".to_vec(),
            "application/pdf",
        )),
        ContentPart::Document(DocumentData::from_bytes(b"a,b".to_vec(), "text/csv")),
    ];
    let request = ask("m", vec![Message::new(Role::User, parts)]);
    check("media", &sent(request).await);
    let pdf = DocumentData::from_url("https://example.com/a.pdf");
    let request = ask(
        "m",
        vec![Message::new(Role::User, vec![ContentPart::Document(pdf)])],
    );
    let by_url = sent_to("https://api.mistral.ai/v1", request.clone()).await;
    let expected = json!([{"type": "document_url", "document_url": "https://example.com/a.pdf"}]);
    assert_eq!(by_url["body"]["messages"][0]["content"], expected);
    let (adapter, _) = Canned::events("").chat();
    assert_eq!(
        adapter.complete(request).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
}

#[tokio::test]
async fn what_a_tool_shows_comes_after_all_results() {
    let call = |id: &str| ContentPart::ToolCall(ToolCallData::new(id, "look", json!({})));
    let shown = ToolResultData::new("a", "").image(ImageData::from_url("https://a.b/m.png"));
    let messages = vec![
        Message::user("Look."),
        Message::new(Role::Assistant, vec![call("a"), call("b")]),
        Message::from(shown),
        Message::tool_result("b", "no such file", true),
    ];
    check("tool_images", &sent(ask("m", messages)).await);
}

#[tokio::test]
async fn reasoning_goes_back_in_the_form_that_it_came_in() {
    let details = json!([
        {"type": "reasoning.text", "text": "Hm", "signature": "sig==", "format": "f", "index": 0},
        {"type": "reasoning.encrypted", "data": "opaque", "id": "call_1", "index": 1}]);
    let chunk =
        json!({"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "closed": true});
    let text = json!({"type": "text", "text": "Hi"});
    let cases = [
        json!({"content": "Hi", "reasoning_content": "Hm"}),
        json!({"content": "Hi", "reasoning": "Hm"}),
        json!({"content": "Hi", "reasoning_details": details}),
        json!({"content": [chunk, text]}),
    ];
    for message in cases {
        let (adapter, _) = Canned::json(200, &reply(&message)).chat();
        let response = adapter.complete(hello("m")).await.unwrap();
        let messages = vec![Message::user("a"), response.message, Message::user("b")];
        let mut expected = message;
        expected["role"] = "assistant".into();
        assert_eq!(
            sent(ask("m", messages.clone())).await["body"]["messages"][1],
            expected
        );
        // Another model gets what was said and nothing else.
        let other = sent(ask("n", messages)).await["body"]["messages"][1].clone();
        assert_eq!(other, json!({"role": "assistant", "content": "Hi"}));
    }
}

#[tokio::test]
async fn gemini_signatures_on_calls_go_back() {
    let call = json!({"id": "call_1", "type": "function", "index": 0,
        "function": {"name": "now", "arguments": "{ }"},
        "extra_content": {"google": {"thought_signature": "sig=="}}});
    let message = json!({"content": null, "tool_calls": [call]});
    let (adapter, _) = Canned::json(200, &reply(&message)).chat();
    let response = adapter.complete(hello("m")).await.unwrap();
    let messages = vec![
        Message::user("a"),
        response.message,
        Message::tool_result("call_1", "noon", false),
    ];
    let sent = sent(ask("m", messages)).await["body"]["messages"][1].clone();
    let expected = json!({"role": "assistant", "content": null, "tool_calls": [{
        "id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{ }"},
        "extra_content": {"google": {"thought_signature": "sig=="}}}]});
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn ids_fit_the_service_and_stay_the_same_in_call_and_result() {
    let body = sent_to(
        "https://api.mistral.ai/v1",
        everything("mistral-large-latest"),
    )
    .await;
    let messages = body["body"]["messages"].as_array().unwrap();
    let called = messages
        .iter()
        .find_map(|it| it["tool_calls"][0]["id"].as_str())
        .unwrap();
    let answered = messages
        .iter()
        .find_map(|it| it["tool_call_id"].as_str())
        .unwrap();
    assert_eq!((called, called.len()), (answered, 9));
}

#[tokio::test]
async fn an_id_of_a_form_of_its_own_goes_back_to_the_service_that_made_it() {
    let call = json!({"id": "functions.now:0", "function": {"name": "now", "arguments": "{}"}});
    let message = json!({"content": null, "tool_calls": [call]});
    let (adapter, _) = Canned::json(200, &reply(&message)).chat();
    let response = adapter.complete(hello("kimi-k2")).await.unwrap();
    let id = response.tool_calls()[0].id.clone();
    let messages = vec![
        Message::user("a"),
        response.message,
        Message::tool_result(id, "noon", false),
    ];
    let body = sent(ask("kimi-k2", messages)).await["body"]["messages"].clone();
    assert_eq!(body[1]["tool_calls"][0]["id"], "functions.now:0");
    assert_eq!(body[2]["tool_call_id"], "functions.now:0");
}

#[tokio::test]
async fn a_choice_that_the_service_cannot_make_is_an_error() {
    let zai = "https://api.z.ai/api/paas/v4";
    let request = |choice| hello("glm-5").tools(vec![weather()]).tool_choice(choice);
    let (adapter, _) = Canned::events("").chat_at(zai);
    let error = adapter
        .complete(request(ToolChoice::Required))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedToolChoice);
    let none = sent_to(zai, request(ToolChoice::None)).await;
    assert!(none["body"].get("tools").is_none());
    for (choice, expected) in [
        (ToolChoice::Auto, json!("auto")),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
        (
            ToolChoice::Named("weather".to_owned()),
            json!({"type": "function", "function": {"name": "weather"}}),
        ),
    ] {
        assert_eq!(sent(request(choice)).await["body"]["tool_choice"], expected);
    }
}

#[tokio::test]
async fn options_go_into_the_body_and_null_takes_a_field_away() {
    let request = hello("m")
        .reasoning_effort("low")
        .max_tokens(5)
        .tools(vec![weather()])
        .provider_option("chat", "provider", json!({"order": ["x"]}))
        .provider_option("chat", "tools", json!([{"type": "web_search"}]))
        .provider_option("chat", "max_tokens", Value::Null)
        .provider_option("openai", "store", true);
    check("options", &sent(request).await);
    let wrong = hello("m").provider_option("chat", "compat", json!({"no_such_field": 1}));
    let (adapter, _) = Canned::events("").chat();
    assert_eq!(
        adapter.complete(wrong).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
}

#[tokio::test]
async fn the_table_can_be_adjusted_for_an_adapter() {
    let canned = Arc::new(Canned::events(
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n",
    ));
    let adapter = OpenAiCompatibleAdapter::builder("mine", "http://10.0.0.7:9000/v1")
        .habits_of(Service::Vllm)
        .adjust_compat(|compat| compat.stream_usage = false)
        .transport(canned.clone())
        .build()
        .unwrap();
    finished(&adapter, hello("Qwen/Qwen3-8B").reasoning_effort("off")).await;
    let body = canned.body_sent();
    assert!(body.get("stream_options").is_none() && body["stream"] == true);
    assert_eq!(
        body["chat_template_kwargs"],
        json!({"enable_thinking": false})
    );
    assert!(canned.header_sent("authorization").is_none());
}

#[tokio::test]
async fn azure_has_its_address_and_its_header() {
    let cases = [
        (
            None,
            "https://acme.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            Some("2024-10-21"),
            "https://acme.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21",
        ),
    ];
    for (version, url) in cases {
        let canned = Arc::new(Canned::json(200, &reply(&json!({"content": "Hi"}))));
        let endpoint = "https://acme.openai.azure.com/";
        let mut builder = OpenAiCompatibleAdapter::azure(endpoint, "secret-key");
        if let Some(version) = version {
            builder = builder.api_version(version);
        }
        let adapter = builder.transport(canned.clone()).build().unwrap();
        adapter.complete(hello("my gpt")).await.unwrap();
        assert_eq!(canned.requests.lock().unwrap()[0].url, url);
        assert_eq!(canned.header_sent("api-key").as_deref(), Some("secret-key"));
        assert!(canned.header_sent("authorization").is_none());
        assert!(!format!("{adapter:?}").contains("secret-key"));
    }
}

#[tokio::test]
async fn each_turn_extends_the_one_before() {
    let messages = |request: Request| async move {
        sent(request).await["body"]["messages"]
            .as_array()
            .unwrap()
            .clone()
    };
    let first = messages(everything("m")).await;
    let mut longer = everything("m");
    longer
        .messages
        .extend([Message::assistant("Hi."), Message::user("And?")]);
    assert!(messages(longer).await.starts_with(&first));
}

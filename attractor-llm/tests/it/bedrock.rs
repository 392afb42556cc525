//! Amazon Bedrock: what goes out and what comes back.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use attractor_llm::provider::bedrock::{AwsCredentials, BedrockAdapter};
use attractor_llm::testing::conformance::{self, OverHttp};
use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    ContentPart, DocumentData, Error, ErrorKind, FinishReasonKind, ImageData, Message,
    ProviderAdapter, Request, Response, ResponseFormat, Role, ThinkingData, ToolCallData,
    ToolChoice, ToolDefinition, ToolResultData,
};
use insta::assert_json_snapshot;
use proptest::prelude::{ProptestConfig, proptest};
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::canned::Canned;

pub(crate) const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

pub(crate) fn adapter(canned: Arc<Canned>) -> BedrockAdapter {
    let builder = BedrockAdapter::builder("us-east-1").api_key("secret-key");
    builder.transport(canned).build().unwrap()
}

pub(crate) fn reply(content: &Value) -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
    })
}

/// What was sent for a request, and what the caller is warned of.
async fn sent(request: Request) -> Value {
    let canned = Arc::new(Canned::json(200, &reply(&json!([]))));
    let response = adapter(canned.clone()).complete(request).await.unwrap();
    json!({"body": canned.body_sent(), "warnings": response.warnings})
}

async fn answered(body: &Value) -> Result<Response, Error> {
    let canned = Canned::json(200, body).header("x-amzn-requestid", "req-1");
    adapter(Arc::new(canned))
        .complete(Request::new(CLAUDE, vec![Message::user("hi")]))
        .await
}

/// A snapshot of a contract, named after what it shows.
fn check(name: &str, sent: &Value) {
    insta::with_settings!({
        prepend_module_to_snapshot => false, snapshot_path => "../snapshots/bedrock_requests"
    }, {
        assert_json_snapshot!(name, sent);
    });
}

fn weather() -> ToolDefinition {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    ToolDefinition::new("weather", "The weather in a city", parameters).unwrap()
}

fn call(id: &str) -> ContentPart {
    ContentPart::ToolCall(ToolCallData::new(id, "weather", json!({"city": "Rome"})))
}

#[tokio::test]
async fn it_conforms_with_an_api_key_and_with_signed_requests() {
    for signed in [false, true] {
        let harness = OverHttp::new(move |base_url| {
            let builder = BedrockAdapter::builder("us-east-1").base_url(base_url);
            let keys = AwsCredentials::new("AKIDEXAMPLE", "secret").session_token("token");
            let builder = if signed {
                builder.aws_credentials(keys)
            } else {
                builder.api_key("k")
            };
            Ok(Arc::new(builder.build()?) as Arc<dyn ProviderAdapter>)
        });
        let report = conformance::run(&harness).await;
        assert!(report.is_success(), "{report}");
        assert_eq!(report.skipped, ["thinking tokens are reported"]);
    }
}

#[tokio::test]
async fn a_conversation_has_its_form() {
    let origin = |data: ThinkingData| data.origin(attractor_llm::Origin::new("bedrock", CLAUDE));
    let thinking = origin(ThinkingData::new("Hm").signature("sig"));
    let picture = ToolResultData::new("a", json!({"sky": "blue"}))
        .image(ImageData::from_bytes(b"GIF89a".to_vec(), "image/gif"));
    let messages = vec![
        Message::system("Be terse."),
        Message::developer("Metric units."),
        Message::new(
            Role::User,
            vec![
                ContentPart::Image(ImageData::from_url("s3://bucket/a.png")),
                ContentPart::Document(
                    DocumentData::from_bytes(b"%PDF".to_vec(), "application/pdf")
                        .file_name("Q3 report_v2.pdf"),
                ),
                ContentPart::text("  "),
            ],
        ),
        Message::new(
            Role::Assistant,
            vec![
                ContentPart::Thinking(thinking),
                ContentPart::RedactedThinking(origin(ThinkingData::redacted("b3BhcXVl"))),
                ContentPart::text("I look."),
                call("a"),
                call("b|c"),
            ],
        ),
        Message::from(picture),
        Message::tool_result("b|c", "", true),
        Message::user("Quick, please."),
    ];
    let request = Request::new(CLAUDE, messages)
        .tools(vec![weather()])
        .tool_choice(ToolChoice::Named("weather".to_owned()));
    check("conversation", &sent(request).await);
}

#[tokio::test]
async fn parameters_have_their_names() {
    let request = Request::new(CLAUDE, vec![Message::user("hello")])
        .max_tokens(6000)
        .temperature(0.5)
        .top_p(0.9)
        .stop_sequences(vec!["END".to_owned()])
        .reasoning_effort("low")
        .metadata([("job".to_owned(), "7".to_owned())].into())
        .response_format(ResponseFormat::json_schema(json!({
            "type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"],
        })))
        .provider_option(
            "bedrock",
            "guardrailConfig",
            json!({"guardrailIdentifier": "g"}),
        )
        .provider_option(
            "bedrock",
            "additionalModelRequestFields",
            json!({"top_k": 5}),
        )
        .provider_option("bedrock", "auto_cache", false)
        .provider_option("anthropic", "top_k", 3);
    check("parameters", &sent(request).await);
}

#[tokio::test]
async fn each_family_reasons_in_its_own_way() {
    let asked =
        |model: &str| Request::new(model, vec![Message::user("hello")]).reasoning_effort("high");
    let cases = [
        (
            "us.anthropic.claude-opus-4-6-v1",
            json!({
                "output_config": {"effort": "high"}, "thinking": {"type": "adaptive"},
            }),
        ),
        (
            "us.amazon.nova-2-lite-v1:0",
            json!({
                "reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"},
            }),
        ),
        (
            "openai.gpt-oss-20b-1:0",
            json!({"reasoning_effort": "high"}),
        ),
        ("meta.llama3-1-8b-instruct-v1:0", Value::Null),
    ];
    for (model, expected) in cases {
        let sent = sent(asked(model)).await;
        assert_eq!(
            sent["body"]["additionalModelRequestFields"], expected,
            "{model}"
        );
        let ignored = sent["warnings"][0]["code"] == "reasoning_effort_ignored";
        assert_eq!(ignored, expected.is_null(), "{model}");
    }
}

#[tokio::test]
async fn tools_cannot_be_forbidden_after_use_but_the_model_is_asked() {
    let used = vec![
        Message::user("?"),
        Message::new(Role::Assistant, vec![call("a")]),
        Message::tool_result("a", "sun", false),
    ];
    let without = sent(Request::new(CLAUDE, used.clone())).await;
    assert_eq!(
        without["body"]["toolConfig"]["tools"][0]["toolSpec"]["name"],
        "weather"
    );
    let none = Request::new(CLAUDE, used)
        .tools(vec![weather()])
        .tool_choice(ToolChoice::None);
    let sent_none = sent(none).await;
    assert_eq!(sent_none["body"]["toolConfig"].get("toolChoice"), None);
    assert!(
        sent_none["body"]["system"][0]["text"]
            .as_str()
            .unwrap()
            .contains("tool")
    );
    assert_eq!(sent_none["warnings"][0]["code"], "tool_choice_asked");
    let fresh = Request::new(CLAUDE, vec![Message::user("?")]).tools(vec![weather()]);
    let body = sent(fresh.tool_choice(ToolChoice::None)).await["body"].clone();
    assert_eq!(body.get("toolConfig"), None);
}

#[tokio::test]
async fn what_is_elsewhere_is_refused_now_and_a_note_later() {
    let image = ContentPart::Image(ImageData::from_url("https://a.b/c.png"));
    let mut messages = vec![Message::new(
        Role::User,
        vec![image, ContentPart::text("See?")],
    )];
    let canned = Arc::new(Canned::json(200, &reply(&json!([]))));
    let now = adapter(canned)
        .complete(Request::new(CLAUDE, messages.clone()))
        .await;
    assert_eq!(now.unwrap_err().kind(), ErrorKind::InvalidRequest);
    messages.extend([Message::assistant("Yes."), Message::user("Go on.")]);
    let later = sent(Request::new(CLAUDE, messages)).await;
    let note = &later["body"]["messages"][0]["content"][0]["text"];
    assert_eq!(note, "[image left out: https://a.b/c.png]");
    assert_eq!(later["warnings"][0]["code"], "media_replaced");
}

#[tokio::test]
async fn every_part_of_an_answer_is_kept_and_goes_back() {
    let content = json!([
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": "b3BhcXVl"}},
        {"citationsContent": {"content": [{"text": "Blue."}], "citations": [{"title": "Sky"}]}},
        {"newBlock": {"n": 1}},
        {"toolUse": {"toolUseId": "a", "name": "weather", "input": {"city": "Rome"}}},
    ]);
    let mut body = reply(&content);
    body["usage"] = json!({
        "inputTokens": 10, "outputTokens": 20, "totalTokens": 60, "cacheReadInputTokens": 25,
        "cacheWriteInputTokens": 5, "cacheDetails": [{"ttl": "1h", "inputTokens": 5}],
    });
    let response = answered(&body).await.unwrap();
    assert_eq!(
        (response.id.as_str(), response.text().as_str()),
        ("req-1", "Blue.")
    );
    assert_eq!(response.usage.total_input_tokens(), 40);
    assert_eq!(response.usage.cache_write_long_tokens, Some(5));
    assert_eq!(response.finish_reason.reason, FinishReasonKind::Stop);
    let back = Request::new(CLAUDE, vec![Message::user("?"), response.message]).provider_option(
        "bedrock",
        "auto_cache",
        false,
    );
    assert_eq!(sent(back).await["body"]["messages"][1]["content"], content);
}

#[tokio::test]
async fn a_call_that_the_limit_cut_off_is_not_executed() {
    let call = json!([{"toolUse": {"toolUseId": "a", "name": "weather", "input": {"city": "R"}}}]);
    let mut body = reply(&call);
    body["stopReason"] = "max_tokens".into();
    let response = answered(&body).await.unwrap();
    assert_eq!(response.finish_reason.reason, FinishReasonKind::Length);
    assert!(response.tool_calls()[0].invalid.is_some());
}

#[test]
fn any_conversation_becomes_a_request_that_the_api_takes() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let script = Script::new().turn(Turn::text("ok").repeat());
    let server = runtime.block_on(ScriptedServer::start(script)).unwrap();
    let builder = BedrockAdapter::builder("us-east-1")
        .api_key("k")
        .base_url(server.base_url());
    let adapter = builder.build().unwrap();
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(mut messages in crate::handoff_property::conversation())| {
        // Blocks made by hand go out as they are, and these aren't the API's.
        for message in &mut messages {
            message.content.retain(|part| !matches!(part, ContentPart::Other(_)));
        }
        // Files and far images are the next test's.
        messages.retain(|it| !it.content.iter().any(|part| matches!(part, ContentPart::Document(_))));
        messages.retain(|it| !it.content.iter().any(is_far));
        messages.push(Message::user("go on"));
        let result = runtime.block_on(adapter.complete(Request::new(CLAUDE, messages)));
        if let Err(error) = result {
            return Err(TestCaseError::fail(format!("{error}")));
        }
    });
}

fn is_far(part: &ContentPart) -> bool {
    let url = match part {
        ContentPart::Image(data) => data.url.as_deref(),
        ContentPart::ToolResult(data) => data.image.as_ref().and_then(|image| image.url.as_deref()),
        _ => None,
    };
    url.is_some_and(|url| url.starts_with("https"))
}

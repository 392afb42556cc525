//! What goes out to the Responses API.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use attractor_llm::{
    AudioData, ContentPart, DocumentData, ErrorKind, ImageData, Message, OpenAiAdapter, Origin,
    ProviderAdapter as _, Request, Response, ResponseFormat, Role, ThinkingData, ToolCallData,
    ToolChoice, ToolDefinition, ToolResultData,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::Canned;

fn ask(messages: Vec<Message>) -> Request {
    Request::new("gpt-5.2", messages)
}

fn hello() -> Request {
    ask(vec![Message::user("hello")])
}

/// What was sent for a request, and what the caller is warned of.
async fn sent(request: Request) -> Value {
    let (adapter, canned) = Canned::json(200, &reply(&json!([]))).openai();
    let response = adapter.complete(request).await.unwrap();
    json!({"body": canned.body_sent(), "warnings": response.warnings})
}

fn reply(output: &Value) -> Value {
    json!({"id": "resp_1", "status": "completed", "model": "gpt-5.2", "output": output})
}

/// The input items of a request.
async fn input(request: Request) -> Vec<Value> {
    sent(request).await["body"]["input"]
        .as_array()
        .unwrap()
        .clone()
}

/// A snapshot of a contract, named after what it shows.
fn check(name: &str, sent: &Value) {
    insta::with_settings!({
        prepend_module_to_snapshot => false, snapshot_path => "../snapshots/openai_requests"
    }, {
        assert_json_snapshot!(name, sent);
    });
}

fn weather(required: bool) -> ToolDefinition {
    let required = if required { json!(["city"]) } else { json!([]) };
    let parameters = json!({
        "type": "object", "properties": {"city": {"type": "string"}}, "required": required,
    });
    ToolDefinition::new("weather", "The weather in a city", parameters).unwrap()
}

/// A response whose message is to be sent back.
async fn answered(output: Value) -> Response {
    let (adapter, _) = Canned::json(200, &reply(&output)).openai();
    adapter.complete(hello()).await.unwrap()
}

#[tokio::test]
async fn every_role_has_its_place() {
    let messages = vec![
        Message::system("Be terse."),
        Message::developer("Use metric units."),
        Message::user("How far?"),
        Message::assistant("I look."),
        Message::developer("Now in miles."),
        Message::new(
            Role::Assistant,
            vec![ContentPart::ToolCall(ToolCallData::new(
                "c",
                "measure",
                json!({"to": "Rome"}),
            ))],
        ),
        Message::tool_result("c", json!({"km": 3}), false),
        Message::user(""),
    ];
    check("roles", &sent(ask(messages)).await);
}

#[tokio::test]
async fn images_and_documents_go_inline_or_by_address() {
    let file = |id: &str| {
        let mut image = ImageData::default();
        let given = json!({"openai": {"file_id": id}});
        image.provider_metadata = given.as_object().cloned();
        ContentPart::Image(image)
    };
    let mut named = DocumentData::from_bytes(b"a,b".to_vec(), "text/csv");
    named.file_name = Some("table.csv".to_owned());
    let parts = vec![
        ContentPart::text("What is all this?"),
        ContentPart::Image(ImageData::from_url("https://example.com/a.png").detail("low")),
        ContentPart::Image(ImageData::from_bytes(b"GIF89a".to_vec(), "image/gif")),
        file("file_1"),
        ContentPart::Document(DocumentData::from_url("https://example.com/a.pdf")),
        ContentPart::Document(DocumentData::from_bytes(
            b"%PDF".to_vec(),
            "application/pdf",
        )),
        ContentPart::Document(named),
    ];
    check(
        "media",
        &sent(ask(vec![Message::new(Role::User, parts)])).await,
    );
}

#[tokio::test]
async fn a_local_image_is_sent_inline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dot.gif");
    std::fs::write(&path, b"GIF89a").unwrap();
    let image = ContentPart::Image(ImageData::from_url(path.to_string_lossy()));
    let items = input(ask(vec![Message::new(Role::User, vec![image])])).await;
    let expected = json!({"type": "input_image", "image_url": "data:image/gif;base64,R0lGODlh"});
    assert_eq!(items[0]["content"][0], expected);
}

#[tokio::test]
async fn tools_and_their_results_have_their_form() {
    let call =
        |id: &str| ContentPart::ToolCall(ToolCallData::new(id, "weather", json!({"city": "Rome"})));
    let picture = ToolResultData::new("b", "A map").image(ImageData::from_url("https://a.b/m.png"));
    let messages = vec![
        Message::user("Weather?"),
        Message::new(
            Role::Assistant,
            vec![
                ContentPart::text("I look."),
                call("a"),
                call("b"),
                call("c"),
            ],
        ),
        Message::from(picture),
        Message::tool_result("a", "no such city", true),
        Message::user("Quick, please."),
    ];
    let request = ask(messages)
        .tools(vec![weather(true)])
        .tool_choice(ToolChoice::Named("weather".to_owned()));
    check("tools", &sent(request).await);
}

#[tokio::test]
async fn each_way_to_choose_tools_has_its_word() {
    for (choice, expected) in [
        (ToolChoice::Auto, json!("auto")),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
    ] {
        let with_tools = hello()
            .tools(vec![weather(true)])
            .tool_choice(choice.clone());
        assert_eq!(sent(with_tools).await["body"]["tool_choice"], expected);
        // Without tools there is nothing to choose.
        assert!(
            sent(hello().tool_choice(choice)).await["body"]
                .get("tool_choice")
                .is_none()
        );
    }
}

#[tokio::test]
async fn tools_are_strict_where_asked_and_possible() {
    let strict = |tool: ToolDefinition, asked: Value| {
        hello()
            .tools(vec![tool])
            .provider_option("openai", "strict_tools", asked)
    };
    for (required, asked, expected) in [
        (true, json!(true), true),
        (true, json!(["weather"]), true),
        (true, json!(["other"]), false),
        (false, json!(true), false),
    ] {
        let sent = sent(strict(weather(required), asked)).await;
        let tool = &sent["body"]["tools"][0];
        assert_eq!(tool["strict"], expected);
        assert_eq!(
            tool["parameters"]["additionalProperties"] == false,
            expected
        );
        let warned = sent["warnings"][0]["code"] == "strict_dropped";
        assert_eq!(warned, !required);
    }
}

#[tokio::test]
async fn an_answer_goes_back_item_by_item() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "encrypted_content": "enc==", "status": null,
         "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
         "phase": "commentary", "content": [
            {"type": "output_text", "text": "I search.", "annotations": []},
            {"type": "output_text", "text": "Wait.", "annotations": [], "logprobs": null}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"q": null}},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "now",
         "arguments": "{ }", "status": "completed"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "patch",
         "input": "*** Begin"},
    ]);
    let response = answered(output).await;
    let mut messages = vec![Message::user("hello"), response.message];
    messages.push(Message::tool_result("call_1", "noon", false));
    messages.push(Message::tool_result("call_2", "done", false));
    check("replay", &sent(ask(messages.clone())).await);
    // Another model gets what was said and done, nothing that only the first can read.
    let mut other = ask(messages.clone());
    other.model = "gpt-5-mini".to_owned();
    check("replay_to_another_model", &sent(other).await);
    // A dated name is the same model.
    let mut dated = ask(messages.clone());
    dated.model = "gpt-5.2-2025-12-11".to_owned();
    assert_eq!(input(dated).await, input(ask(messages)).await);
}

#[tokio::test]
async fn reasoning_goes_back_with_what_follows_it_or_not_at_all() {
    let thought =
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"});
    let alone = answered(json!([thought])).await.message;
    let items = input(ask(vec![
        Message::user("a"),
        alone.clone(),
        Message::user("b"),
    ]))
    .await;
    assert!(
        items.iter().all(|item| item["type"] == "message"),
        "{items:?}"
    );
    // What follows was written by someone else.
    let mut edited = alone;
    edited.content.push(ContentPart::text("edited"));
    let items = input(ask(vec![Message::user("a"), edited, Message::user("b")])).await;
    assert_eq!(
        items[1],
        json!({"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "edited"}]})
    );
    // Neither encrypted nor stored: its id names nothing.
    let plain = json!([
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "now", "arguments": ""},
    ]);
    let messages = vec![Message::user("a"), answered(plain).await.message];
    let items = input(ask(messages.clone())).await;
    assert_eq!(
        items[1],
        json!({"type": "function_call", "call_id": "c", "name": "now", "arguments": "{}"})
    );
    let items = input(ask(messages).provider_option("openai", "store", true)).await;
    assert_eq!(
        (&items[1]["id"], &items[2]["id"]),
        (&json!("rs_1"), &json!("fc_1"))
    );
}

#[tokio::test]
async fn reasoning_of_another_provider_is_left_out_and_its_own_by_hand_is_taken() {
    let foreign = ThinkingData::new("Hm")
        .signature("s")
        .origin(Origin::new("anthropic", "gpt-5.2"));
    let own = ThinkingData::new("Hm").signature("enc==");
    let say = |thinking| {
        let parts = vec![ContentPart::Thinking(thinking), ContentPart::text("Hi")];
        ask(vec![
            Message::user("a"),
            Message::new(Role::Assistant, parts),
            Message::user("b"),
        ])
    };
    assert_eq!(input(say(foreign)).await.len(), 3);
    let items = input(say(own)).await;
    let expected = json!({"type": "reasoning", "encrypted_content": "enc==",
        "summary": [{"type": "summary_text", "text": "Hm"}]});
    assert_eq!(items[1], expected);
}

#[tokio::test]
async fn calls_and_results_are_paired() {
    let call = |id: &str| ContentPart::ToolCall(ToolCallData::new(id, "now", json!({})));
    let long = "x".repeat(120);
    let messages = vec![
        Message::user("a"),
        Message::new(Role::Assistant, vec![call("0"), call(&long)]),
        Message::user("Stop."),
        Message::tool_result(&long, "late but here", false),
        Message::new(Role::Assistant, vec![call("0")]),
        Message::tool_result("0", "again", false),
        Message::tool_result("unknown", "of whom?", false),
        Message::new(Role::Assistant, vec![call("open")]),
    ];
    check("repairs", &sent(ask(messages)).await);
}

#[tokio::test]
async fn a_conversation_that_the_provider_keeps_may_begin_with_results() {
    let request = ask(vec![Message::tool_result("c", "noon", false)]).provider_option(
        "openai",
        "previous_response_id",
        "resp_0",
    );
    let items = input(request).await;
    assert_eq!(
        items,
        [json!({"type": "function_call_output", "call_id": "c", "output": "noon"})]
    );
}

#[tokio::test]
async fn parameters_have_their_names() {
    let mut request = hello()
        .max_tokens(5)
        .temperature(0.5)
        .top_p(0.9)
        .stop_sequences(vec!["END".to_owned()])
        .reasoning_effort("minimal")
        .metadata([("job".to_owned(), "7".to_owned())].into())
        .provider_option("openai", "parallel_tool_calls", false)
        .provider_option("openai", "reasoning", json!({"summary": "auto"}))
        .provider_option("openai", "text", json!({"verbosity": "low"}))
        .provider_option("openai", "tools", json!([{"type": "web_search"}]))
        .provider_option(
            "openai",
            "include",
            json!(["web_search_call.action.sources"]),
        )
        .provider_option("openai", "metadata", json!({"more": "8"}))
        .provider_option("anthropic", "top_k", 3);
    request.tools.push(weather(true));
    request.response_format = Some(ResponseFormat::json_schema(json!({
        "title": "A person!", "type": "object", "properties": {"age": {"type": "integer"}},
        "required": ["age"],
    })));
    check("options", &sent(request).await);
}

#[tokio::test]
async fn a_model_that_does_not_reason_is_asked_for_no_reasoning() {
    let mut request = hello().temperature(0.5).reasoning_effort("high");
    request.model = "gpt-4o".to_owned();
    check("without_reasoning", &sent(request).await);
}

#[tokio::test]
async fn the_effort_is_passed_on_and_none_of_it_lets_sampling_through() {
    let effort = |effort: &str| hello().reasoning_effort(effort).temperature(0.5);
    assert_eq!(
        sent(effort("high")).await["body"]["reasoning"],
        json!({"effort": "high"})
    );
    let off = sent(effort("off")).await;
    assert_eq!(off["body"]["reasoning"], json!({"effort": "none"}));
    assert_eq!(
        (&off["body"]["temperature"], &off["warnings"]),
        (&json!(0.5), &json!([]))
    );
}

#[tokio::test]
async fn free_json_is_asked_for_with_the_word_that_the_api_wants() {
    let request = hello().response_format(ResponseFormat::Json);
    let items = input(request.clone()).await;
    assert_eq!((items.len(), &items[0]["role"]), (2, &json!("developer")));
    let mut told = request;
    told.messages.push(Message::user("As JSON."));
    assert_eq!(input(told).await.len(), 1 + 1);
}

#[tokio::test]
async fn a_schema_that_cannot_be_enforced_guides_all_the_same() {
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}});
    let sent = sent(hello().response_format(ResponseFormat::json_schema(schema.clone()))).await;
    let format = &sent["body"]["text"]["format"];
    assert_eq!(
        (&format["strict"], &format["schema"]),
        (&json!(false), &schema)
    );
    assert_eq!(sent["warnings"][0]["code"], "strict_dropped");
}

#[tokio::test]
async fn null_takes_a_field_of_the_body_away() {
    let request = hello()
        .provider_option("openai", "store", Value::Null)
        .provider_option("openai", "include", Value::Null);
    let body = sent(request).await["body"].clone();
    assert!(
        body.get("store").is_none() && body.get("include").is_none(),
        "{body}"
    );
}

#[tokio::test]
async fn a_stream_is_asked_for_with_the_same_body() {
    let (adapter, canned) = Canned::events("").openai();
    let _ = adapter.stream(hello()).await;
    let mut body = canned.body_sent();
    assert_eq!(
        body.as_object_mut().unwrap().remove("stream"),
        Some(json!(true))
    );
    assert_eq!(body, sent(hello()).await["body"]);
}

#[tokio::test]
async fn each_turn_extends_the_one_before() {
    let first = input(hello()).await;
    let mut longer = hello();
    longer
        .messages
        .extend([Message::assistant("Hi."), Message::user("And?")]);
    assert!(input(longer).await.starts_with(&first));
}

#[tokio::test]
async fn key_organisation_and_project_are_in_the_headers_and_the_key_nowhere_else() {
    let canned = Arc::new(Canned::events(""));
    let adapter = OpenAiAdapter::builder("secret-key")
        .organization("org-1")
        .project("proj-1")
        .default_header("X-Mine", "1")
        .transport(canned.clone())
        .build()
        .unwrap();
    let request = hello().provider_option("openai", "beta_headers", json!(["a", "b"]));
    let _ = adapter.complete(request).await;
    let expected = [
        ("authorization", "Bearer secret-key"),
        ("openai-organization", "org-1"),
        ("openai-project", "proj-1"),
        ("openai-beta", "a,b"),
        ("x-mine", "1"),
    ];
    for (name, value) in expected {
        assert_eq!(canned.header_sent(name).as_deref(), Some(value));
    }
    let requests = canned.requests.lock().unwrap();
    assert_eq!(requests[0].url, "https://api.openai.com/v1/responses");
    assert!(!format!("{adapter:?} {requests:?}").contains("secret-key"));
}

#[tokio::test]
async fn what_the_api_cannot_take_is_an_invalid_request() {
    let audio = || ContentPart::Audio(AudioData::from_bytes(vec![0], "audio/wav"));
    let missing = ContentPart::Image(ImageData::from_url("./no/such/file.png"));
    let empty = ContentPart::Image(ImageData::default());
    let cases = [
        (Role::User, audio()),
        (Role::User, missing),
        (Role::User, empty),
        (Role::System, audio()),
    ];
    for (role, part) in cases {
        let (adapter, canned) = Canned::events("").openai();
        let request = ask(vec![Message::new(role, vec![part])]);
        let error = adapter.complete(request).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.provider()),
            (ErrorKind::InvalidRequest, Some("openai"))
        );
        assert!(canned.requests.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_image_that_another_model_made_is_left_out_with_a_warning() {
    let image = ContentPart::Image(ImageData::from_url("https://a.b/c.png"));
    let made = Message::new(Role::Assistant, vec![ContentPart::text("Here."), image]);
    let sent = sent(ask(vec![
        Message::user("Draw."),
        made,
        Message::user("Thanks."),
    ]))
    .await;
    assert_eq!(sent["warnings"][0]["code"], "media_dropped");
}

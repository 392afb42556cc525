//! Structured output, whole and streamed.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::generate::Object;
use attractor_llm::testing::{Part, Script, ScriptedProvider, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Capabilities, Client, ErrorKind, FinishReasonKind, Generation, JsonSchema,
    ResponseFormat, Tool, ToolChoice, generate_object, generate_object_with_schema, schemars,
    stream_object, stream_object_with_schema,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::generate::{ask, scripted};

#[derive(Debug, Deserialize, PartialEq, JsonSchema)]
#[schemars(crate = "schemars")]
struct Person {
    name: String,
    age: u32,
}

const ALICE: &str = r#"{"name": "Alice", "age": 30}"#;

fn alice() -> Person {
    let name = "Alice".to_owned();
    Person { name, age: 30 }
}

#[tokio::test]
async fn an_object_is_asked_for_natively_and_comes_back_typed() {
    let (client, provider) = scripted([Turn::text(ALICE)]);
    let result = ask(generate_object::<Person>("m"), &client).await.unwrap();
    assert_eq!((result.output, result.text.as_str()), (alice(), ALICE));
    let sent = provider.requests().remove(0);
    let Some(ResponseFormat::JsonSchema { json_schema, .. }) = sent.response_format else {
        panic!("{:?}", sent.response_format)
    };
    assert_eq!(
        json_schema["properties"]["age"],
        json!({"type": "integer", "minimum": 0})
    );
    assert!(json_schema.get("$schema").is_none());
}

/// A client of a provider that can do everything but what `limit` takes away.
fn able_to(
    turns: impl IntoIterator<Item = Turn>,
    limit: impl FnOnce(&mut Capabilities),
) -> (Client, ScriptedProvider) {
    let mut able = Capabilities::all();
    limit(&mut able);
    let script = turns.into_iter().fold(Script::new(), Script::turn);
    let provider = ScriptedProvider::new(script).able_to(able);
    let client = Client::builder().provider(provider.clone()).build();
    (client.unwrap(), provider)
}

fn without_schemas(able: &mut Capabilities) {
    able.structured_output = false;
}

fn answers() -> Turn {
    let call = json!({"name": "Alice", "age": 30});
    Turn::text("I see {someone}.").and_tool_call("answer", call)
}

#[tokio::test]
async fn a_model_that_only_calls_tools_has_to_call_one_with_the_object() {
    let (client, provider) = able_to([answers()], without_schemas);
    let result = ask(generate_object::<Person>("m"), &client).await.unwrap();
    assert_eq!(result.output, alice());
    assert_eq!(
        serde_json::from_str::<Person>(&result.text).unwrap(),
        alice()
    );
    assert_eq!(result.finish_reason.reason, FinishReasonKind::Stop);
    assert!(result.tool_calls.is_empty());
    let sent = provider.requests().remove(0);
    assert_eq!(
        sent.tool_choice,
        Some(ToolChoice::Named("answer".to_owned()))
    );
    assert_eq!(sent.tools[0].parameters["required"], json!(["name", "age"]));
    assert_eq!((sent.response_format, sent.messages.len()), (None, 1));
    // The conversation goes on without a call that nobody answers.
    assert_eq!(result.messages[1].text(), result.text);
}

#[tokio::test]
async fn an_object_by_a_tool_streams_like_any_other() {
    let (client, _) = able_to([answers().delta_chars(4), answers()], without_schemas);
    let mut object = ask(stream_object::<Person>("m"), &client).await.unwrap();
    let mut grown = Vec::new();
    while let Some(partial) = object.next().await {
        grown.push(partial.unwrap().clone());
    }
    assert!(grown.len() > 3, "{grown:?}");
    assert_eq!(object.object().await.unwrap(), alice());
    let events = ask(stream_object::<Person>("m"), &client).await.unwrap();
    assert_eq!(events.result().await.unwrap().steps.len(), 1);
}

#[tokio::test]
async fn other_tools_may_run_before_the_one_that_takes_the_object() {
    let lookup = || {
        let schema = json!({"type": "object"});
        Tool::new("lookup", "", schema, async |_: Value, _| "30").unwrap()
    };
    let turns = || [Turn::tool_call("lookup", json!({})), answers()];
    let (client, provider) = able_to(turns(), without_schemas);
    let result = ask(generate_object::<Person>("m"), &client)
        .tool(lookup())
        .await
        .unwrap();
    assert_eq!((result.output, result.steps.len()), (alice(), 2));
    let choices = provider
        .requests()
        .into_iter()
        .map(|sent| sent.tool_choice.unwrap());
    let named = ToolChoice::Named("answer".to_owned());
    assert_eq!(choices.collect::<Vec<_>>(), [ToolChoice::Required, named]);

    // A model that follows schemas, but not beside tools.
    let apart = |able: &mut Capabilities| able.structured_output_with_tools = false;
    let (client, provider) = able_to(turns(), apart);
    ask(generate_object::<Person>("m"), &client)
        .tool(lookup())
        .await
        .unwrap();
    assert_eq!(provider.requests()[0].tools.len(), 2);
    let (client, provider) = able_to([Turn::text(ALICE)], apart);
    ask(generate_object::<Person>("m"), &client).await.unwrap();
    assert!(provider.requests()[0].response_format.is_some());
}

#[tokio::test]
async fn where_no_tool_can_be_forced_the_object_is_asked_for_in_words() {
    let words = async |call: Generation<Object<Value>>| {
        let (client, provider) = able_to([Turn::text("[1]")], without_schemas);
        let schema = json!({"type": "array"});
        let plain = ask(generate_object_with_schema("m", schema.clone()), &client);
        assert_eq!(plain.await.unwrap().output, json!([1]));
        assert!(provider.requests()[0].messages[0].text().contains("array"));
        let (client, provider) = able_to([Turn::text(ALICE)], without_schemas);
        call.client(&client).await.unwrap();
        assert!(provider.requests()[0].tool_choice.as_ref() != Some(&ToolChoice::Required));
        assert!(
            provider.requests()[0].messages[0]
                .text()
                .contains("JSON Schema")
        );
    };
    let object = || generate_object_with_schema("m", json!({"type": "object"})).prompt("hello");
    words(object().reasoning_effort("low")).await;
    words(object().tool_choice(ToolChoice::Auto)).await;
}

#[tokio::test]
async fn an_object_by_a_tool_that_is_cut_off_says_so() {
    let mut turn = answers().finish_reason("length");
    let Some(Part::ToolCall { raw_arguments, .. }) = turn.content.last_mut() else {
        panic!("{turn:?}")
    };
    *raw_arguments = Some(r#"{"name": "Al"#.to_owned());
    let (client, _) = able_to([turn], without_schemas);
    let call = ask(generate_object::<Person>("m"), &client);
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoObjectGenerated);
    assert!(error.message().contains("finish reason: length"), "{error}");
}

#[tokio::test]
async fn a_provider_that_cannot_is_asked_in_the_system_message() {
    let turn = Turn::text(format!("Sure:\n```json\n{ALICE}\n```"));
    let (client, provider) = able_to([turn], |able| {
        able.structured_output = false;
        able.tool_choice_named = false;
    });
    let result = ask(generate_object::<Person>("m"), &client)
        .system("Be exact.")
        .await
        .unwrap();
    assert_eq!(result.output, alice());
    let sent = provider.requests().remove(0);
    assert_eq!(sent.response_format, None);
    let system = sent.messages[0].text();
    assert!(
        system.starts_with("Be exact.\n\n") && system.contains("\"required\":"),
        "{system}"
    );
}

#[tokio::test]
async fn over_http_a_model_that_can_is_given_the_schema_and_another_asked() {
    for (model, native) in [
        ("claude-opus-5-5", true),
        ("claude-3-5-haiku-20241022", false),
    ] {
        let server = ScriptedServer::start(Script::new().turn(Turn::text(ALICE)))
            .await
            .unwrap();
        let adapter = AnthropicAdapter::builder("key")
            .base_url(server.base_url())
            .build()
            .unwrap();
        let client = Client::builder().provider(adapter).build().unwrap();
        let result = ask(generate_object::<Person>(model), &client)
            .await
            .unwrap();
        assert_eq!(result.output, alice());
        let body = server.requests().remove(0).body;
        assert_eq!(
            body["output_config"]["format"]["type"] == "json_schema",
            native,
            "{body}"
        );
        assert_eq!(body["tool_choice"]["name"] == "answer", !native, "{body}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn what_is_not_the_object_is_an_error_with_the_response_and_no_retry() {
    let cases = [
        ("I can't.", "isn't JSON"),
        (r#"{"name": "Alice"}"#, "\"age\" is missing"),
        (r#"{"name": "Alice", "age": -1}"#, "0 is the least"),
        (r#"{"name": "Alice", "age": 5000000000}"#, "doesn't fit"),
    ];
    for (text, says) in cases {
        let (client, provider) = scripted([Turn::text(text).repeat()]);
        let error = ask(generate_object::<Person>("m"), &client)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoObjectGenerated);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.partial_response().unwrap().text(), text);
        assert_eq!(provider.requests().len(), 1);
        let streamed = ask(stream_object::<Person>("m"), &client).await.unwrap();
        let error = streamed.object().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoObjectGenerated);
    }
}

#[tokio::test]
async fn an_object_that_is_cut_off_says_so() {
    let (client, _) = scripted([Turn::text(r#"{"name": "Al"#).finish_reason("length")]);
    let error = ask(generate_object::<Person>("m"), &client)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("finish reason: length"),
        "{error}"
    );
}

#[tokio::test]
async fn any_schema_gives_json_and_a_wrong_one_is_refused() {
    let schema = json!({"type": "array", "items": {"type": "integer"}});
    let (client, _) = scripted([Turn::text("[1, 2]").repeat()]);
    let call = ask(generate_object_with_schema("m", schema), &client);
    assert_eq!(call.await.unwrap().output, json!([1, 2]));
    let wrong = ask(generate_object_with_schema("m", json!("schema")), &client);
    assert_eq!(wrong.await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn an_object_may_come_after_tools() {
    let tool = Tool::new(
        "age",
        "",
        json!({"type": "object"}),
        async |_: Value, _| "30",
    )
    .unwrap();
    let turns = || {
        [
            Turn::text("{\"no\":").and_tool_call("age", json!({})),
            Turn::text(ALICE),
        ]
    };
    let (client, _) = scripted(turns());
    let result = ask(generate_object::<Person>("m"), &client)
        .tool(tool.clone())
        .await
        .unwrap();
    assert_eq!((result.output, result.steps.len()), (alice(), 2));
    let (client, _) = scripted(turns());
    let mut object = ask(stream_object::<Person>("m"), &client)
        .tool(tool)
        .await
        .unwrap();
    let mut last = Value::Null;
    while let Some(partial) = object.next().await {
        last = partial.unwrap().clone();
    }
    assert_eq!(last, json!({"name": "Alice", "age": 30}));
    assert_eq!(object.object().await.unwrap(), alice());
}

#[tokio::test]
async fn a_streamed_object_grows_and_is_checked_in_the_end() {
    let text = r#"{"dishes": ["dal", "soup"], "for": 2}"#;
    let (client, _) = scripted([Turn::text(text).delta_chars(6)]);
    let schema = json!({"type": "object", "required": ["dishes"]});
    let mut object = ask(stream_object_with_schema("m", schema), &client)
        .await
        .unwrap();
    assert_eq!(*object.partial(), Value::Null);
    let mut grown = Vec::new();
    while let Some(partial) = object.next().await {
        grown.push(partial.unwrap().to_string());
    }
    let expected = [
        "{}",
        r#"{"dishes":[]}"#,
        r#"{"dishes":["dal"]}"#,
        r#"{"dishes":["dal","soup"]}"#,
        r#"{"dishes":["dal","soup"],"for":2}"#,
    ];
    assert_eq!(
        grown
            .iter()
            .filter(|it| expected.contains(&it.as_str()))
            .count(),
        grown.len(),
        "{grown:?}"
    );
    assert_eq!(grown.last().map(String::as_str), expected.last().copied());
    let result = object.result().await.unwrap();
    assert_eq!(
        (result.output["for"].as_u64(), result.text.as_str()),
        (Some(2), text)
    );
}

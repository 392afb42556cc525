//! Structured output, whole and streamed.

use attractor_llm::testing::{Script, ScriptedProvider, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Capabilities, Client, ErrorKind, JsonSchema, ResponseFormat, Tool,
    generate_object, generate_object_with_schema, schemars, stream_object,
    stream_object_with_schema,
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

#[tokio::test]
async fn a_provider_that_cannot_is_asked_in_the_system_message() {
    let script = Script::new().turn(Turn::text(format!("Sure:\n```json\n{ALICE}\n```")));
    let mut able = Capabilities::all();
    able.structured_output = false;
    let provider = ScriptedProvider::new(script).able_to(able);
    let client = Client::builder()
        .provider(provider.clone())
        .build()
        .unwrap();
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

//! The layer above the adapter, over HTTP against the scripted Responses API.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use attractor_llm::{
    Client, JsonSchema, Message, OpenAiAdapter, ProviderAdapter as _, Request, Tool, ToolChoice,
    ToolError, generate, generate_object, schemars, stream,
};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

use crate::canned::{Canned, hello};

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[schemars(crate = "schemars")]
struct Person {
    name: String,
    age: u32,
}

async fn scripted(turns: impl IntoIterator<Item = Turn>) -> (Client, ScriptedServer) {
    let server = ScriptedServer::start(turns.into_iter().collect::<Script>())
        .await
        .unwrap();
    let adapter = OpenAiAdapter::builder("key")
        .base_url(server.base_url())
        .build()
        .unwrap();
    (Client::builder().provider(adapter).build().unwrap(), server)
}

fn lookup() -> Tool {
    Tool::typed("lookup", "Looks a person up", async |person: Person, _| {
        Ok::<_, ToolError>(format!("{} is known", person.name))
    })
    .unwrap()
}

/// Three rounds of a call each, thought about, and the answer.
fn rounds() -> Vec<Turn> {
    let call = |round: usize| {
        Turn::thinking(format!("Round {round}"), format!("enc{round}=="))
            .and_tool_call("lookup", json!({"name": format!("P{round}"), "age": round}))
            .when(Match::any().tool_results(round))
            .repeat()
    };
    let done = Turn::text("All known.")
        .when(
            Match::any()
                .tool_results(3)
                .any_message_contains("P2 is known"),
        )
        .repeat();
    (0..3).map(call).chain([done]).collect()
}

#[tokio::test]
async fn a_loop_of_several_rounds_works_in_both_modes() {
    let (client, server) = scripted(rounds()).await;
    let call = generate("gpt-5.2")
        .prompt("Look")
        .client(&client)
        .tool(lookup());
    let result = call.max_tool_rounds(5).await.unwrap();
    assert_eq!(
        (result.text.as_str(), result.steps.len()),
        ("All known.", 4)
    );
    let call = stream("gpt-5.2")
        .prompt("Look")
        .client(&client)
        .tool(lookup());
    let mut events = call.max_tool_rounds(5).await.unwrap();
    while let Some(event) = events.next().await {
        event.unwrap();
    }
    let [whole, streamed] = [3, 7].map(|at| server.requests()[at].body["input"].clone());
    assert_eq!(whole, streamed);
    let thoughts = whole
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] == "reasoning");
    assert_eq!(thoughts.count(), 3);
}

#[tokio::test]
async fn an_object_is_asked_for_natively() {
    let (client, server) = scripted([Turn::text(r#"{"name": "Alice", "age": 30}"#)]).await;
    let call = generate_object::<Person>("gpt-5.2")
        .prompt("Alice is 30.")
        .client(&client);
    let alice = Person {
        name: "Alice".to_owned(),
        age: 30,
    };
    assert_eq!(call.await.unwrap().output, alice);
    let format = server.requests()[0].body["text"]["format"].clone();
    assert_eq!(
        (&format["type"], &format["strict"]),
        (&json!("json_schema"), &json!(true))
    );
}

#[tokio::test]
async fn a_model_from_before_structured_output_has_to_call_a_tool_or_is_asked_in_words() {
    let alice = json!({"name": "Alice", "age": 30});
    let turns = [
        Turn::tool_call("answer", alice.clone()),
        Turn::text(alice.to_string()),
    ];
    let (client, server) = scripted(turns).await;
    let call = || {
        generate_object::<Person>("gpt-4-turbo")
            .prompt("Alice is 30.")
            .client(&client)
    };
    assert_eq!(call().await.unwrap().output.age, 30);
    let in_words = call().tool_choice(ToolChoice::Auto);
    assert_eq!(in_words.await.unwrap().output.age, 30);
    let [by_tool, in_words] = [0, 1].map(|at| server.requests()[at].body.clone());
    assert_eq!(by_tool["tool_choice"]["name"], "answer");
    assert!(by_tool.get("text").is_none() && in_words.get("text").is_none());
    let instructions = in_words["instructions"].as_str().unwrap();
    assert!(instructions.contains("JSON Schema"));
}

#[tokio::test]
async fn half_a_character_in_arguments_never_goes_back() {
    for (raw, expected) in [
        (r#"{"a":"x\ud83d"}"#, "{\"a\":\"x\u{fffd}\"}"),
        (
            r#"{"a":"x\ud83d\ude00", "b" :1}"#,
            r#"{"a":"x\ud83d\ude00", "b" :1}"#,
        ),
        ("", "{}"),
    ] {
        let call = json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f",
                          "arguments": raw});
        let reply = json!({"id": "resp_1", "status": "completed", "output": [call]});
        let (adapter, _) = Canned::json(200, &reply).openai();
        let response = adapter.complete(hello()).await.unwrap();
        assert_eq!(response.tool_calls()[0].invalid, None);
        let result = Message::tool_result("c", "done", false);
        let messages = vec![Message::user("go"), response.message, result];
        let (adapter, canned) = Canned::json(200, &reply).openai();
        adapter
            .complete(Request::new("gpt-5.2", messages))
            .await
            .unwrap();
        assert_eq!(canned.body_sent()["input"][1]["arguments"], expected);
    }
}

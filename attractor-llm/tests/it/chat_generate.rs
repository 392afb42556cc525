//! The layer above the adapter, over HTTP against scripted Chat Completions.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use attractor_llm::{
    Client, JsonSchema, OpenAiCompatibleAdapter, Tool, ToolError, generate, generate_object,
    schemars, stream,
};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[schemars(crate = "schemars")]
struct Person {
    name: String,
    age: u32,
}

async fn scripted(turns: impl IntoIterator<Item = Turn>) -> (Client, ScriptedServer) {
    let script = turns.into_iter().collect::<Script>();
    let server = ScriptedServer::start(script).await.unwrap();
    let adapter = OpenAiCompatibleAdapter::builder("chat", server.base_url());
    let client = Client::builder().provider(adapter.build().unwrap());
    (client.build().unwrap(), server)
}

fn lookup() -> Tool {
    Tool::typed("lookup", "Looks a person up", async |person: Person, _| {
        Ok::<_, ToolError>(format!("{} is known", person.name))
    })
    .unwrap()
}

/// Three rounds of two calls each, thought about, and the answer.
fn rounds() -> Vec<Turn> {
    let person = |name: String| json!({"name": name, "age": 7});
    let calls = |round: usize| {
        Turn::thinking(format!("Round {round}"), format!("sig{round}=="))
            .and_tool_call("lookup", person(format!("P{round}")))
            .and_tool_call("lookup", person(format!("Q{round}")))
            .when(Match::any().tool_results(2 * round))
            .repeat()
    };
    let known = Match::any()
        .tool_results(6)
        .any_message_contains("Q2 is known");
    let done = Turn::text("All known.").when(known).repeat();
    (0..3).map(calls).chain([done]).collect()
}

#[tokio::test]
async fn a_loop_of_several_rounds_works_in_both_modes() {
    let (client, server) = scripted(rounds()).await;
    let call = generate("m").prompt("Look").client(&client).tool(lookup());
    let result = call.max_tool_rounds(5).await.unwrap();
    assert_eq!(
        (result.text.as_str(), result.steps.len()),
        ("All known.", 4)
    );
    let call = stream("m").prompt("Look").client(&client).tool(lookup());
    let mut events = call.max_tool_rounds(5).await.unwrap();
    while let Some(event) = events.next().await {
        event.unwrap();
    }
    let [whole, streamed] = [3, 7].map(|at| server.requests()[at].body["messages"].clone());
    assert_eq!(whole, streamed);
    let thoughts = whole.as_array().unwrap().iter();
    let thoughts =
        thoughts.filter(|message| message["reasoning_details"][0]["signature"].is_string());
    assert_eq!(thoughts.count(), 3);
}

#[tokio::test]
async fn an_object_is_asked_for_natively() {
    let (client, server) = scripted([Turn::text(r#"{"name": "Alice", "age": 30}"#)]).await;
    let call = generate_object::<Person>("m")
        .prompt("Alice is 30.")
        .client(&client);
    let alice = Person {
        name: "Alice".to_owned(),
        age: 30,
    };
    assert_eq!(call.await.unwrap().output, alice);
    let format = server.requests()[0].body["response_format"].clone();
    assert_eq!(
        (&format["type"], &format["json_schema"]["strict"]),
        (&json!("json_schema"), &json!(true))
    );
}

#[tokio::test]
async fn a_service_without_schemas_is_asked_for_the_object_in_words() {
    let (client, server) = scripted([Turn::text(r#"{"name": "Alice", "age": 30}"#)]).await;
    let mut call = generate_object::<Person>("m")
        .prompt("Alice is 30.")
        .client(&client);
    let compat = json!({"structured_output": "json_object"});
    call = call.provider_option("chat", "compat", compat);
    assert_eq!(call.await.unwrap().output.age, 30);
    let body = server.requests()[0].body.clone();
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let instructions = body["messages"][0]["content"].as_str().unwrap();
    assert!(instructions.contains("JSON Schema"), "{body}");
}

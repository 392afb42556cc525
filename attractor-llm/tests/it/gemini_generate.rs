//! The layer above the adapter, over HTTP against the scripted Gemini API.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use attractor_llm::{
    Client, GeminiAdapter, JsonSchema, Tool, ToolError, generate, generate_object, schemars, stream,
};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[schemars(crate = "schemars")]
struct Person {
    name: String,
    age: u32,
}

async fn scripted(turns: impl IntoIterator<Item = Turn>) -> (Client, ScriptedServer) {
    let script: Script = turns.into_iter().collect();
    let server = ScriptedServer::start(script).await.unwrap();
    let adapter = GeminiAdapter::builder("key")
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

/// Two rounds of a signed call each, and the answer.
fn rounds() -> Vec<Turn> {
    let call = |round: usize| {
        let call = json!({
            "functionCall": {"name": "lookup", "args": {"name": format!("P{round}"), "age": round}},
            "thoughtSignature": format!("sig{round}=="),
        });
        Turn::thinking(format!("Round {round}"), "c2ln")
            .and_block(call)
            .when(Match::any().tool_results(round))
            .repeat()
    };
    let done = Match::any()
        .tool_results(2)
        .any_message_contains("P1 is known");
    let done = Turn::text("All known.").when(done).repeat();
    (0..2).map(call).chain([done]).collect()
}

#[tokio::test]
async fn a_loop_of_several_rounds_sends_the_same_in_both_modes() {
    let (client, server) = scripted(rounds()).await;
    let call = generate("gemini-3-flash-preview")
        .prompt("Look")
        .client(&client)
        .tool(lookup());
    let result = call.max_tool_rounds(5).await.unwrap();
    assert_eq!(
        (result.text.as_str(), result.steps.len()),
        ("All known.", 3)
    );
    let call = stream("gemini-3-flash-preview")
        .prompt("Look")
        .client(&client)
        .tool(lookup());
    let mut events = call.max_tool_rounds(5).await.unwrap();
    while let Some(event) = events.next().await {
        event.unwrap();
    }
    let [whole, streamed] = [2, 5].map(|at| server.requests()[at].body["contents"].clone());
    assert_eq!(whole, streamed);
    let signatures: Vec<&Value> = whole
        .as_array()
        .unwrap()
        .iter()
        .filter(|content| content["role"] == "model")
        .map(|content| &content["parts"][1]["thoughtSignature"])
        .collect();
    assert_eq!(signatures, ["sig0==", "sig1=="]);
}

#[tokio::test]
async fn an_object_is_asked_for_natively() {
    let (client, server) = scripted([Turn::text(r#"{"name": "Alice", "age": 30}"#)]).await;
    let call = generate_object::<Person>("gemini-2.5-flash")
        .prompt("Alice is 30.")
        .client(&client);
    assert_eq!(call.await.unwrap().output.age, 30);
    let config = server.requests()[0].body["generationConfig"].clone();
    assert_eq!(config["responseMimeType"], "application/json");
    assert_eq!(
        config["responseJsonSchema"]["required"],
        json!(["name", "age"])
    );
}

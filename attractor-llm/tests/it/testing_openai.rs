//! The scripted server as the Responses API: it takes what the real one took and refuses the rest.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::testing_wire::{Raw, send};

async fn post(server: &ScriptedServer, body: &Value) -> Raw {
    let headers = "authorization: Bearer k\r\n";
    send(server, "POST /v1/responses", headers, &body.to_string()).await
}

async fn server(turn: Turn) -> ScriptedServer {
    ScriptedServer::start(Script::new().turn(turn.repeat()))
        .await
        .unwrap()
}

fn with_input(input: Value) -> Value {
    json!({"model": "m", "input": input, "store": false})
}

/// Each body is refused with a message that holds the words.
async fn check(cases: &[(Value, &str)]) {
    let server = server(Turn::text("ok")).await;
    for (body, words) in cases {
        let raw = post(&server, body).await;
        assert_eq!(raw.status, 400, "{body}");
        assert!(
            raw.error_message().contains(words),
            "{body}: {}",
            raw.error_message()
        );
    }
}

fn set(key: &str, value: Value) -> Value {
    let mut body = with_input(json!("hello"));
    body[key] = value;
    body
}

#[tokio::test]
async fn malformed_options_are_refused_with_the_services_words() {
    let tool = json!({"type": "function", "name": "n", "parameters": {"type": "object"}});
    let nested = json!([{"type": "function", "function": {"name": "n"}}]);
    let open = json!([{"type": "function", "name": "n", "strict": true, "parameters": {
        "type": "object", "properties": {"a": {}}}}]);
    check(&[
        (json!({"input": "hello"}), "'model'"),
        (set("messages", json!([])), "'messages'"),
        (set("max_output_tokens", json!(15)), "minimum value"),
        (
            set("tool_choice", json!("required")),
            "'tools' to be specified",
        ),
        (set("tools", nested), "'tools[0].name'"),
        (set("tools", json!([tool, tool])), "used twice"),
        (set("tools", open), "'additionalProperties'"),
        (
            set("text", json!({"format": {"type": "json_schema"}})),
            "'text.format.name'",
        ),
        (
            set("text", json!({"format": {"type": "json_object"}})),
            "the word 'json'",
        ),
    ])
    .await;
}

#[tokio::test]
async fn malformed_input_is_refused_with_the_services_words() {
    let call = json!({"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": "x"});
    let thought =
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"});
    let said = |role: &str, kind: &str| {
        with_input(json!([{"role": role, "content": [{"type": kind, "text": "x"}]}]))
    };
    check(&[
        (json!({"model": "m"}), "'input'"),
        (
            with_input(json!([call])),
            "No tool output found for function call c.",
        ),
        (
            with_input(json!([output])),
            "No tool call found for function call output",
        ),
        (with_input(json!([call, call, output])), "Duplicate"),
        (
            with_input(json!([thought])),
            "without its required following item",
        ),
        (said("assistant", "input_text"), "'input_text'"),
        (said("user", "output_text"), "'output_text'"),
        (said("tool", "input_text"), "'tool'"),
    ])
    .await;
    let server = server(Turn::text("ok")).await;
    assert_eq!(
        post(&server, &with_input(json!([call, output])))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_key_is_required() {
    let server = server(Turn::text("ok")).await;
    assert_eq!(
        send(&server, "POST /v1/responses", "", "{}").await.status,
        401
    );
}

#[tokio::test]
async fn a_stream_adds_up_to_the_whole_response() {
    let turn = Turn::thinking("Hm, so.", "enc==")
        .and_redacted_thinking("opaque")
        .and_text("I look at both.")
        .and_tool_call("list", json!({"path": "src"}))
        .delta_chars(3);
    let server = server(turn).await;
    let mut body = with_input(json!("hello"));
    let whole = post(&server, &body).await.json();
    body["stream"] = true.into();
    let events = post(&server, &body).await.events();
    let items: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| &event["item"])
        .collect();
    assert_eq!(json!(items), whole["output"]);
    assert_eq!(events.last().unwrap()["response"], whole);
    let deltas = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta");
    let text: String = deltas
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(text, "I look at both.");
}

#[tokio::test]
async fn turns_are_chosen_by_what_the_items_say() {
    let holds = Match::any()
        .system_contains("Be terse.")
        .system_contains("terse")
        .tool_results(2)
        .assistant_messages(1)
        .last_message_contains("src");
    let server = server(Turn::text("ok").when(holds)).await;
    let call =
        |id: &str| json!({"type": "function_call", "call_id": id, "name": "n", "arguments": "{}"});
    let output = |id: &str| json!({"type": "function_call_output", "call_id": id, "output": "src"});
    let mut body = with_input(json!([
        {"role": "user", "content": "hello"}, call("a"), call("b"), output("a"), output("b"),
    ]));
    body["instructions"] = "Be terse.".into();
    assert_eq!(post(&server, &body).await.status, 200);
}

/// Recorded requests to the real service, as far as their input is whole.
fn accepted(recording: &Value) -> Vec<Value> {
    let exchanges = recording["exchanges"].as_array().unwrap().iter();
    let good = exchanges.filter(|it| {
        let url = it["request"]["url"].as_str().unwrap_or_default();
        let synthetic =
            recording["synthetic_request"] == true || it["request"]["synthetic_request"] == true;
        it["response"]["status"] == 200
            && url.contains("api.openai.com")
            && !synthetic
            && url.contains("/responses")
    });
    let bodies = good.map(|it| it["request"]["body"].clone());
    bodies.filter(Value::is_object).collect()
}

#[tokio::test]
async fn recorded_requests_are_well_formed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/llm");
    let Ok(owners) = corpus.read_dir() else {
        println!("SKIPPED: no {}", corpus.display());
        return;
    };
    let server = server(Turn::text("ok")).await;
    let folders = owners.map(|owner| owner.unwrap().path().join("openai-responses"));
    let mut refused = Vec::new();
    for file in folders
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
    {
        let path = file.unwrap().path();
        let recording = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for body in accepted(&recording) {
            let raw = post(&server, &body).await;
            if raw.status != 200 {
                refused.push(format!("{}: {}", path.display(), raw.error_message()));
            }
        }
    }
    println!("{} recorded requests", server.requests().len());
    assert!(
        refused.is_empty(),
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

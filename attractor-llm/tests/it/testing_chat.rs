//! The scripted server as Chat Completions: it takes what the real ones took and refuses the rest.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::testing_wire::{Raw, send};

async fn post(server: &ScriptedServer, body: &Value) -> Raw {
    send(server, "POST /v1/chat/completions", "", &body.to_string()).await
}

async fn server(turn: Turn) -> ScriptedServer {
    let script = Script::new().turn(turn.repeat());
    ScriptedServer::start(script).await.unwrap()
}

fn with_messages(messages: &Value) -> Value {
    json!({"model": "m", "messages": messages})
}

fn set(key: &str, value: Value) -> Value {
    let mut body = with_messages(&json!([{"role": "user", "content": "hello"}]));
    body[key] = value;
    body
}

/// Each body is refused with a message that holds the words.
async fn check(cases: &[(Value, &str)]) {
    let server = server(Turn::text("ok")).await;
    for (body, words) in cases {
        let raw = post(&server, body).await;
        assert_eq!(raw.status, 400, "{body}");
        let message = raw.error_message();
        assert!(message.contains(words), "{body}: {message}");
    }
}

#[tokio::test]
async fn malformed_options_are_refused_with_the_services_words() {
    let tool =
        json!({"type": "function", "function": {"name": "n", "parameters": {"type": "object"}}});
    let flat = json!([{"type": "function", "name": "n"}]);
    let format = |format: Value| set("response_format", format);
    check(&[
        (json!({"messages": []}), "model"),
        (set("input", json!("x")), "'input'"),
        (set("max_tokens", json!(0)), "'max_tokens'"),
        (set("stop", json!(["a", "b", "c", "d", "e"])), "'stop'"),
        (
            set("stream_options", json!({"include_usage": true})),
            "'stream_options'",
        ),
        (set("tool_choice", json!("required")), "'tool_choice'"),
        (
            set("parallel_tool_calls", json!(false)),
            "'parallel_tool_calls'",
        ),
        (set("tools", json!([])), "empty array"),
        (set("tools", flat), "'tools[0].function.name'"),
        (set("tools", json!([tool, tool])), "used twice"),
        (
            format(json!({"type": "json_schema"})),
            "'response_format.json_schema.name'",
        ),
        (format(json!({"type": "json_object"})), "the word 'json'"),
    ])
    .await;
}

#[tokio::test]
async fn malformed_messages_are_refused_with_the_services_words() {
    let function = json!({"name": "n", "arguments": "{}"});
    let call = |id: &str| json!({"id": id, "type": "function", "function": function});
    let calls = |ids: &[&str]| {
        let calls: Vec<Value> = ids.iter().map(|id| call(id)).collect();
        json!({"role": "assistant", "content": null, "tool_calls": calls})
    };
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "x"});
    let user = json!({"role": "user", "content": "x"});
    let said = |role: &str, kind: &str| {
        with_messages(&json!([{"role": role, "content": [{"type": kind, "text": "x"}]}]))
    };
    check(&[
        (with_messages(&json!([])), "empty array"),
        (
            with_messages(&json!([calls(&["a"])])),
            "must be followed by tool messages",
        ),
        (
            with_messages(&json!([calls(&["a"]), user])),
            "must be followed by tool messages",
        ),
        (with_messages(&json!([result("a")])), "must be a response"),
        (with_messages(&json!([calls(&["a", "a"])])), "Duplicate"),
        (
            with_messages(&json!([{"role": "assistant", "content": null}])),
            "'content'",
        ),
        (said("user", "input_text"), "'input_text'"),
        (said("owner", "text"), "'owner'"),
    ])
    .await;
    let server = server(Turn::text("ok")).await;
    let sound = json!([user, calls(&["a", "b"]), result("b"), result("a"), user]);
    assert_eq!(post(&server, &with_messages(&sound)).await.status, 200);
}

#[tokio::test]
async fn a_stream_adds_up_to_the_whole_completion() {
    let turn = Turn::thinking("Hm, so.", "sig==")
        .and_redacted_thinking("opaque")
        .and_text("I look at both.")
        .and_tool_call("list", json!({"path": "src"}))
        .delta_chars(3);
    let server = server(turn).await;
    let mut body = set("temperature", json!(1));
    let whole = post(&server, &body).await.json();
    body["stream"] = true.into();
    let events = post(&server, &body).await.events();
    let delta = |key: &str| -> String {
        let deltas = events
            .iter()
            .map(|event| &event["choices"][0]["delta"][key]);
        deltas.filter_map(Value::as_str).collect()
    };
    let message = &whole["choices"][0]["message"];
    assert_eq!(delta("content"), message["content"]);
    assert_eq!(delta("reasoning"), message["reasoning"]);
    let usage = events
        .iter()
        .find(|event| event["usage"].is_object())
        .unwrap();
    assert_eq!(usage["usage"], whole["usage"]);
}

#[tokio::test]
async fn turns_are_chosen_by_what_the_messages_say() {
    let holds = Match::any()
        .system_contains("terse")
        .tool_results(2)
        .assistant_messages(1)
        .last_message_contains("src");
    let server = server(Turn::text("ok").when(holds)).await;
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "n", "arguments": "{}"}});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "src"});
    let body = with_messages(&json!([
        {"role": "system", "content": "Be terse."}, {"role": "user", "content": "hello"},
        {"role": "assistant", "content": null, "tool_calls": [call("a"), call("b")]},
        result("a"), result("b"),
    ]));
    assert_eq!(post(&server, &body).await.status, 200);
}

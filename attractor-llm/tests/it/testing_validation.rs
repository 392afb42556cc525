//! Requests that the real service refuses are refused by the scripted one.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use attractor_llm::testing::{ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::testing_wire::{hello, post, send};

/// Sends `body` and says what the server makes of it.
async fn check(body: Value, status: u16, message: &str) {
    let script = [Turn::text("ok").repeat()].into_iter().collect();
    let server = ScriptedServer::start(script).await.unwrap();
    let raw = post(&server, &body).await;
    assert_eq!(raw.status, status, "{}", raw.body);
    assert!(raw.error_message().contains(message), "{}", raw.body);
    if status == 400 {
        assert_eq!(raw.json()["error"]["type"], "invalid_request_error");
    }
}

/// The minimal request with `fields` set.
fn with(fields: Value) -> Value {
    let mut body = hello();
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// A conversation after a call of `ls`, which this user message answers.
fn after_call(answer: Value) -> Value {
    with(json!({
        "tools": [{"name": "ls", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "call_1", "name": "ls", "input": {}}]},
            {"role": "user", "content": answer},
        ],
    }))
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "src"})
}

#[tokio::test]
async fn a_well_formed_request_passes() {
    check(hello(), 200, "").await;
    check(
        after_call(json!([result("call_1"), {"type": "text", "text": "go on"}])),
        200,
        "",
    )
    .await;
}

#[tokio::test]
async fn key_and_version_are_required() {
    let server = ScriptedServer::start([Turn::text("ok")].into_iter().collect())
        .await
        .unwrap();
    let body = hello().to_string();
    let target = "POST /v1/messages";
    let raw = send(&server, target, "anthropic-version: 2023-06-01\r\n", &body).await;
    assert_eq!(
        (raw.status, raw.json()["error"]["type"].as_str()),
        (401, Some("authentication_error"))
    );
    let raw = send(&server, target, "x-api-key: k\r\n", &body).await;
    assert_eq!(raw.status, 400);
    assert!(
        raw.error_message().contains("anthropic-version"),
        "{}",
        raw.body
    );
}

#[tokio::test]
async fn a_body_must_be_json() {
    check(json!("text"), 400, "not valid JSON").await;
}

#[tokio::test]
async fn model_and_max_tokens_are_required() {
    check(with(json!({"model": ""})), 400, "model: Field required").await;
    check(
        with(json!({"max_tokens": null})),
        400,
        "max_tokens: Field required",
    )
    .await;
    check(with(json!({"max_tokens": 0})), 400, "max_tokens").await;
}

#[tokio::test]
async fn messages_alternate_from_the_user_on() {
    let message = |role: &str| json!({"role": role, "content": "x"});
    check(with(json!({"messages": []})), 400, "at least one message").await;
    check(
        with(json!({"messages": [message("assistant")]})),
        400,
        "first message",
    )
    .await;
    check(
        with(json!({"messages": [message("user"), message("user")]})),
        400,
        "alternate",
    )
    .await;
    check(with(json!({"messages": [message("system")]})), 400, "role").await;
}

#[tokio::test]
async fn text_is_never_empty() {
    let content =
        |content: Value| with(json!({"messages": [{"role": "user", "content": content}]}));
    check(content(json!("")), 400, "non-empty").await;
    check(content(json!([])), 400, "non-empty").await;
    check(
        content(json!([{"type": "text", "text": ""}])),
        400,
        "non-empty",
    )
    .await;
    check(
        with(json!({"system": [{"type": "text", "text": ""}]})),
        400,
        "system",
    )
    .await;
}

#[tokio::test]
async fn an_assistant_message_at_the_end_has_no_trailing_space() {
    let last = |text: &str| {
        with(json!({"messages": [
            {"role": "user", "content": "x"}, {"role": "assistant", "content": text}]}))
    };
    check(last("so"), 200, "").await;
    check(last("so "), 400, "trailing whitespace").await;
}

#[tokio::test]
async fn each_call_has_exactly_one_result_in_the_next_message() {
    check(
        after_call(json!("never mind")),
        400,
        "without `tool_result` blocks",
    )
    .await;
    check(
        after_call(json!([result("call_1"), result("call_2")])),
        400,
        "unexpected `tool_use_id`",
    )
    .await;
    check(
        after_call(json!([result("call_1"), result("call_1")])),
        400,
        "single result",
    )
    .await;
    let late = json!([{"type": "text", "text": "first"}, result("call_1")]);
    check(after_call(late), 400, "before other content").await;
}

#[tokio::test]
async fn tool_blocks_need_definitions_and_good_ids() {
    let mut body = after_call(json!([result("call_1")]));
    body["tools"] = Value::Null;
    check(body, 400, "must define tools").await;
    let mut body = after_call(json!([result("call|1")]));
    body["messages"][1]["content"][0]["id"] = "call|1".into();
    check(body, 400, "pattern").await;
    let mut body = after_call(json!([result("call_1")]));
    body["messages"][1]["content"][0]["input"] = "{}".into();
    check(body, 400, "valid dictionary").await;
}

#[tokio::test]
async fn tool_definitions_are_objects_with_names_of_their_own() {
    let tool = |name: &str, kind: &str| json!({"name": name, "input_schema": {"type": kind}});
    check(
        with(json!({"tools": [tool("a b", "object")]})),
        400,
        "pattern",
    )
    .await;
    check(
        with(json!({"tools": [tool("a", "array")]})),
        400,
        "input_schema",
    )
    .await;
    let twice = json!({"tools": [tool("a", "object"), tool("a", "object")]});
    check(with(twice), 400, "unique").await;
    check(
        with(json!({"tool_choice": {"type": "auto"}})),
        400,
        "tool_choice",
    )
    .await;
    let named =
        json!({"tools": [tool("a", "object")], "tool_choice": {"type": "tool", "name": "b"}});
    check(with(named), 400, "'b' not found").await;
}

#[tokio::test]
async fn thinking_keeps_its_signature_and_its_budget() {
    let thinking = json!({"type": "thinking", "thinking": "hm"});
    let history = json!({"messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "y"}]},
        {"role": "user", "content": "z"}]});
    check(with(history), 400, "signature: Field required").await;
    let budget = |budget: u64| {
        with(json!({"max_tokens": 4096,
                    "thinking": {"type": "enabled", "budget_tokens": budget}}))
    };
    check(budget(1024), 200, "").await;
    check(budget(100), 400, "1024").await;
    check(budget(4096), 400, "`max_tokens` must be greater").await;
    let mut forced = budget(1024);
    forced["tools"] = json!([{"name": "a", "input_schema": {"type": "object"}}]);
    forced["tool_choice"] = json!({"type": "any"});
    check(forced, 400, "forces tool use").await;
}

#[tokio::test]
async fn at_most_four_cache_markers_are_taken() {
    let block = json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}});
    let content = |count: usize| {
        with(json!({"messages": [{"role": "user", "content": vec![block.clone(); count]}]}))
    };
    check(content(4), 200, "").await;
    check(content(5), 400, "maximum of 4").await;
}

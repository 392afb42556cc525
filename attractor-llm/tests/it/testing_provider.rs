//! The scripted provider where it isn't covered by the conformance suite.

use std::time::Duration;

use attractor_llm::testing::{Match, Script, ScriptedProvider, ScriptedServer, Turn};
use attractor_llm::{
    Capabilities, ErrorKind, Message, ProviderAdapter, Request, ToolCallData, ToolChoice,
};
use attractor_llm::{ContentPart, Role};
use futures::StreamExt;
use serde_json::json;

use crate::testing_wire::{hello, post};

fn ask() -> Request {
    Request::new("m", vec![Message::user("hello")])
}

#[tokio::test]
async fn it_has_the_given_name_and_records_requests() {
    let provider = ScriptedProvider::new(Script::new().turn(Turn::text("x"))).named("mine");
    assert_eq!(provider.complete(ask()).await.unwrap().provider, "mine");
    assert_eq!(provider.requests(), [ask()]);
}

#[tokio::test]
async fn a_request_without_a_turn_is_an_error_that_says_why() {
    let turn = Turn::text("x").when(Match::any().stream(true));
    let provider = ScriptedProvider::new(Script::new().turn(turn));
    let error = provider.complete(ask()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(
        error
            .to_string()
            .contains("turn 0: stream is false, not true"),
        "{error}"
    );
    assert_eq!(provider.unmatched().len(), 1);
}

#[tokio::test]
async fn a_tool_choice_it_cannot_make_is_refused() {
    let script = Script::new().turn(Turn::text("x"));
    let provider = ScriptedProvider::new(script).able_to(Capabilities::text_only());
    let error = provider
        .complete(ask().tool_choice(ToolChoice::Required))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedToolChoice);
}

#[tokio::test]
async fn messages_of_one_side_count_as_one_as_on_the_wire() {
    let call = |id: &str| ContentPart::ToolCall(ToolCallData::new(id, "ls", json!({})));
    let messages = vec![
        Message::system("Be terse."),
        Message::developer("No jokes."),
        Message::user("go"),
        Message::new(Role::Assistant, vec![call("a"), call("b")]),
        Message::tool_result("a", "one", false),
        Message::tool_result("b", json!({"n": 2}), true),
        Message::user("go on"),
    ];
    let holds = Match::any()
        .system_contains("Be terse.\nNo jokes.")
        .last_message_contains("one\n{\"n\":2}\ngo on")
        .tool_results(2)
        .assistant_messages(1);
    let provider = ScriptedProvider::new(Script::new().turn(Turn::text("ok").when(holds)));
    provider
        .complete(Request::new("m", messages))
        .await
        .unwrap();
}

#[tokio::test]
async fn it_reports_the_usage_and_message_id_that_the_server_does() {
    let script = Script::new().turn(Turn::text("Some words."));
    let server = ScriptedServer::start(script.clone()).await.unwrap();
    let over_http = post(&server, &hello()).await.json();
    let response = ScriptedProvider::new(script).complete(ask()).await.unwrap();
    assert_eq!(over_http["id"], response.id);
    assert_eq!(
        over_http["usage"]["input_tokens"],
        response.usage.input_tokens
    );
    assert_eq!(
        over_http["usage"]["output_tokens"],
        response.usage.output_tokens
    );
}

#[tokio::test(start_paused = true)]
async fn delays_are_kept() {
    let turn = Turn::text("Hi").delay_ms(5_000).event_delay_ms(1_000);
    let provider = ScriptedProvider::new(Script::new().turn(turn));
    let begun = tokio::time::Instant::now();
    let events = provider.stream(ask()).await.unwrap().count().await;
    let waits = u32::try_from(events).unwrap() - 1;
    assert_eq!(
        begun.elapsed(),
        Duration::from_secs(5) + waits * Duration::from_secs(1)
    );
}

#[tokio::test(start_paused = true)]
async fn silence_lasts() {
    let provider = ScriptedProvider::new(Script::new().turn(Turn::silence()));
    let waited = tokio::time::timeout(Duration::from_secs(3_600), provider.complete(ask())).await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn a_cut_answer_is_a_network_error() {
    let provider = ScriptedProvider::new(Script::new().turn(Turn::text("x").cut_after_bytes(3)));
    let error = provider.complete(ask()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ErrorKind::Network, true)
    );
}

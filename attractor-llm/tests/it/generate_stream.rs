//! `stream`: the events of all steps.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use attractor_llm::testing::{Match, Turn};
use attractor_llm::{ErrorKind, StreamAccumulator, StreamEvent, Tool, stream};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::generate::{ask, scripted};

fn clock() -> Tool {
    Tool::new(
        "clock",
        "",
        json!({"type": "object"}),
        async |_: Value, _| "noon",
    )
    .unwrap()
}

fn word(event: &StreamEvent) -> &'static str {
    match event {
        StreamEvent::StreamStart { .. } => "start",
        StreamEvent::TextStart { .. } => "text[",
        StreamEvent::TextDelta { .. } => ".",
        StreamEvent::TextEnd { .. } => "]",
        StreamEvent::ToolCallStart { .. } => "call[",
        StreamEvent::ToolCallDelta { .. } => ",",
        StreamEvent::ToolCallEnd { .. } => "]!",
        StreamEvent::StepFinish { .. } => "step",
        StreamEvent::Finish { .. } => "finish",
        _ => "?",
    }
}

#[tokio::test]
async fn text_comes_in_pieces_between_one_start_and_one_finish() {
    let (client, _) = scripted([Turn::text("A text of some pieces.").usage(3, 6)]);
    let mut answer = ask(stream("m"), &client).await.unwrap();
    let mut accumulator = StreamAccumulator::new();
    let (mut words, mut text) = (String::new(), String::new());
    while let Some(event) = answer.next().await {
        let event = event.unwrap();
        words.push_str(word(&event));
        accumulator.process(&event);
        if let StreamEvent::TextDelta { delta, .. } = &event {
            text.push_str(delta);
            assert_eq!(answer.partial_response().text(), text);
        }
    }
    assert_eq!(words, "starttext[..]finish");
    let response = answer.response().await.unwrap();
    assert_eq!((response.text(), response.usage.total_tokens), (text, 9));
    assert_eq!(accumulator.response().unwrap(), response);
}

#[tokio::test]
async fn the_text_alone_can_be_read_and_the_response_afterwards() {
    let (client, _) = scripted([Turn::text("A text of some pieces.")]);
    let mut answer = ask(stream("m"), &client).await.unwrap();
    let pieces: Vec<String> = answer.text_stream().map(Result::unwrap).collect().await;
    assert!(pieces.len() > 1);
    assert_eq!(pieces.concat(), answer.response().await.unwrap().text());
}

#[tokio::test]
async fn steps_are_one_stream_with_a_step_finish_between_them() {
    let turns = [
        Turn::text("Let me see.")
            .and_tool_call("clock", json!({}))
            .usage(10, 5),
        Turn::text("It's noon.")
            .usage(20, 3)
            .when(Match::any().tool_results(1)),
    ];
    let (client, _) = scripted(turns);
    let mut answer = ask(stream("m"), &client).tool(clock()).await.unwrap();
    let (mut words, mut results) = (String::new(), Vec::new());
    while let Some(event) = answer.next().await {
        let event = event.unwrap();
        words.push_str(word(&event));
        if let StreamEvent::StepFinish {
            tool_results,
            usage,
            ..
        } = event
        {
            assert_eq!(usage.total_tokens, 15);
            results = tool_results;
        }
    }
    assert_eq!(words, "starttext[.]call[,]!steptext[.]finish");
    assert_eq!(results[0].content, "noon");
    let result = answer.result().await.unwrap();
    assert_eq!(
        (result.text.as_str(), result.steps.len()),
        ("It's noon.", 2)
    );
    assert_eq!(result.total_usage.total_tokens, 38);
}

#[tokio::test(start_paused = true)]
async fn the_connection_is_retried_and_a_stream_that_has_begun_is_not() {
    let (client, provider) = scripted([Turn::api_error(503, "busy"), Turn::text("fine")]);
    let mut answer = ask(stream("m"), &client).await.unwrap();
    assert_eq!(answer.response().await.unwrap().text(), "fine");
    assert_eq!(provider.requests().len(), 2);

    let (client, provider) = scripted([
        Turn::text("it breaks here").cut_after_events(3),
        Turn::text("never"),
    ]);
    let mut answer = ask(stream("m"), &client).await.unwrap();
    let error = answer.response().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stream);
    assert_eq!(error.partial_response().unwrap().text(), "it breaks he");
    assert_eq!(provider.requests().len(), 1);

    let (client, _) = scripted([Turn::api_error(401, "no")]);
    let refused = ask(stream("m"), &client).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Authentication);
}

#[tokio::test(start_paused = true)]
async fn the_total_time_ends_a_stream() {
    let slow = Turn::text("piece after piece after piece").event_delay_ms(1_000);
    let (client, _) = scripted([slow]);
    let call = ask(stream("m"), &client).timeout(Duration::from_millis(2_500));
    let error = call.await.unwrap().response().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
}

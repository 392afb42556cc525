//! Reasoning between tags.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{
    Client, ContentPart, Error, ExtractThinking, Message, Request, Response, StreamAccumulator,
    StreamEvent,
};
use futures::StreamExt as _;

fn ask() -> Request {
    Request::new("m", vec![Message::user("hello")])
}

fn client(turn: Turn, extract: ExtractThinking) -> Client {
    let model = ScriptedProvider::new(Script::new().turn(turn.repeat()));
    let builder = Client::builder().provider(model).middleware(extract);
    builder.build().unwrap()
}

async fn streamed(client: &Client) -> (Vec<StreamEvent>, Option<Error>) {
    let mut events = client.stream(ask()).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => seen.push(event),
            Err(error) => return (seen, Some(error)),
        }
    }
    (seen, None)
}

/// What the events told before the end, with each segment checked against its deltas.
fn told(events: &[StreamEvent]) -> Response {
    let mut accumulator = StreamAccumulator::new();
    let mut open: Option<(String, String)> = None;
    for event in events {
        match event {
            StreamEvent::Finish { .. } => break,
            StreamEvent::TextStart { text_id: id }
            | StreamEvent::ReasoningStart { reasoning_id: id } => {
                assert!(
                    open.replace((id.clone(), String::new())).is_none(),
                    "{events:?}"
                );
            }
            StreamEvent::TextDelta { text_id: id, delta }
            | StreamEvent::ReasoningDelta {
                reasoning_id: id,
                delta,
            } => {
                let (name, text) = open.as_mut().unwrap();
                assert_eq!(name, id);
                text.push_str(delta);
            }
            StreamEvent::TextEnd { text_id, text } => {
                assert_eq!(open.take(), Some((text_id.clone(), text.clone())));
            }
            StreamEvent::ReasoningEnd {
                reasoning_id,
                thinking,
            } => {
                assert_eq!(
                    open.take(),
                    Some((reasoning_id.clone(), thinking.text.clone()))
                );
            }
            _ => {}
        }
        accumulator.process(event);
    }
    accumulator.partial()
}

const TEXTS: &[&str] = &[
    "plain",
    "",
    " \n ",
    "<think>\nfirst\n</think>\n\nanswer",
    "one <think>a</think> two <think>b</think>three",
    "<think></think>\nanswer",
    "<think>never closed",
    "<think>only</think>",
    "a < b, <thin and </think>",
];

#[tokio::test]
async fn a_stream_tells_what_complete_returns_wherever_its_deltas_end() {
    for text in TEXTS {
        for chars in 1..=text.chars().count().clamp(1, 12) {
            let client = client(Turn::text(*text).delta_chars(chars), ExtractThinking::new());
            let whole = client.complete(ask()).await.unwrap();
            let (events, error) = streamed(&client).await;
            assert!(error.is_none());
            let Some(StreamEvent::Finish { response, .. }) = events.last() else {
                panic!("{events:?}");
            };
            assert_eq!(**response, whole, "{text:?}");
            assert_eq!(told(&events).message, whole.message, "{text:?} by {chars}");
        }
    }
}

#[tokio::test]
async fn blocks_become_parts_of_their_own_with_their_origin() {
    let turn = Turn::text("one <think>a</think> two").and_text("<think>b</think>three");
    let answer = client(turn, ExtractThinking::new())
        .complete(ask())
        .await
        .unwrap();
    let kinds: Vec<_> = answer
        .message
        .content
        .iter()
        .map(|part| part.kind().to_string())
        .collect();
    assert_eq!(kinds, ["text", "thinking", "text", "thinking", "text"]);
    assert_eq!(
        (answer.text().as_str(), answer.reasoning().as_deref()),
        ("one  twothree", Some("ab"))
    );
    let ContentPart::Thinking(thinking) = &answer.message.content[1] else {
        panic!("{answer:?}");
    };
    let origin = thinking.origin.as_ref().unwrap();
    assert_eq!(
        (origin.provider.as_str(), origin.model.as_str()),
        ("scripted", "m")
    );
}

#[tokio::test]
async fn the_tag_and_where_the_text_begins_can_be_set() {
    let extract = ExtractThinking::new().tag("reason").begins_inside();
    let turn = Turn::text("hm</reason>yes <think>no</think>").delta_chars(3);
    let client = client(turn, extract);
    let answer = client.complete(ask()).await.unwrap();
    assert_eq!(answer.reasoning().as_deref(), Some("hm"));
    assert_eq!(answer.text(), "yes <think>no</think>");
    assert_eq!(told(&streamed(&client).await.0).message, answer.message);
}

#[tokio::test]
async fn other_providers_are_left_alone() {
    let text = "<think>a</think>b";
    let others = ExtractThinking::new().provider("ollama");
    let client = client(Turn::text(text), others);
    assert_eq!(client.complete(ask()).await.unwrap().text(), text);
    assert_eq!(told(&streamed(&client).await.0).text(), text);
}

#[tokio::test]
async fn a_stream_that_breaks_has_told_what_its_error_carries() {
    for text in ["<think>half", "whole <thi", "<think>a</think> b"] {
        let turn = Turn::text(text)
            .delta_chars(2)
            .then_stream_error("overloaded_error", "busy");
        let (events, error) = streamed(&client(turn, ExtractThinking::new())).await;
        let error = error.unwrap();
        let partial = error.partial_response().unwrap();
        let told = told(&events);
        assert_eq!(
            (told.text(), told.reasoning()),
            (partial.text(), partial.reasoning())
        );
    }
}

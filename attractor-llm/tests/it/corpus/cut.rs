//! A reply that loses its end is an error, wherever it is cut.

#![expect(clippy::print_stdout, reason = "tests")]

use std::time::Duration;

use attractor_llm::cassette::Content;
use attractor_llm::testing::Fault;
use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::expected::Expected;
use super::recordings::{Recorded, recordings, root};
use super::replay::{CONCURRENT, Replay};

/// Long enough for everything but a body that never goes on.
const PATIENCE: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_reply_of_the_messages_api_is_an_error() {
    a_cut_reply_is_an_error("anthropic-messages").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_reply_of_chat_completions_is_an_error() {
    a_cut_reply_is_an_error("openai-chat").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_reply_of_the_gemini_api_is_an_error() {
    a_cut_reply_is_an_error("gemini-generate").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_reply_of_the_responses_api_is_an_error() {
    a_cut_reply_is_an_error("openai-responses").await;
}

async fn a_cut_reply_is_an_error(api: &str) {
    let Some(root) = root() else { return };
    let expected = Expected::read(&root);
    let recordings = recordings(&root, &[api]);
    let replay = Replay::start(&recordings).await.patience(PATIENCE);
    let sound = recordings
        .iter()
        .enumerate()
        .filter(|(_, it)| !expected.fails(it));
    let cut =
        sound.flat_map(|(place, it)| cuts(it).into_iter().map(move |fault| (place, it, fault)));
    let asked = cut.map(|(place, recorded, fault)| {
        let reply = replay.ask(place, recorded, fault);
        async move { (recorded, fault, reply.await) }
    });
    let mut replies = stream::iter(asked).buffer_unordered(CONCURRENT);
    let (mut tried, mut wrong) = (0, Vec::new());
    while let Some((recorded, fault, reply)) = replies.next().await {
        tried += 1;
        if reply.is_ok() {
            wrong.push(format!("{}, {fault}", recorded.name()));
        }
    }
    println!("{api}: {} replies, cut {tried} times", recordings.len());
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} cut replies pass:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Faults that lose what the reply can't do without.
fn cuts(recorded: &Recorded) -> Vec<Fault> {
    let none = Fault::none();
    match &recorded.reply().content {
        Content::Events(events) => {
            let Some((before, terminal)) = terminal(&recorded.api, events) else {
                return Vec::new();
            };
            let places = [0, 1, before / 3, before / 2, before, before + terminal / 2];
            let ends = places
                .iter()
                .flat_map(|at| [none.ended_after(*at), none.cut_after(*at)]);
            ends.chain([none.stalled_after(before), none.reset_after(before)])
                .collect()
        }
        Content::Json(_) => {
            let length = recorded.body().len();
            let places = [0, length / 2, length - 1];
            places
                .iter()
                .flat_map(|at| [none.ended_after(*at), none.cut_after(*at)])
                .collect()
        }
        _ => Vec::new(),
    }
}

/// How many bytes come before the event that ends the answer, and how many that event has.
fn terminal(api: &str, events: &[String]) -> Option<(usize, usize)> {
    let ends = |event: &String| match api {
        "anthropic-messages" => event.contains("\"message_stop\""),
        "gemini-generate" => event.contains("\"finishReason\""),
        // What follows the reason may be missing.
        "openai-chat" => {
            let chunk = event.trim_start_matches("data:").trim();
            let chunk: Value = serde_json::from_str(chunk).unwrap_or_default();
            chunk["choices"][0]["finish_reason"].is_string()
        }
        "openai-responses" => ["completed", "incomplete", "failed"]
            .iter()
            .any(|end| event.contains(&format!("\"response.{end}\""))),
        _ => false,
    };
    let at = events.iter().position(ends)?;
    Some((
        events[..at].iter().map(String::len).sum(),
        events[at].trim_end().len(),
    ))
}

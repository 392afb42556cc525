//! Every recorded reply means what other clients agree on, however it travels.

#![expect(clippy::print_stdout, reason = "tests")]

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use attractor_llm::testing::Fault;
use attractor_llm::{Error, Response};
use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::exceptions::Exceptions;
use super::expected::Expected;
use super::facts::{differences, facts};
use super::recordings::{Recorded, recordings, root};
use super::replay::{APIS, CONCURRENT, Replay};

/// The most writes that a body is split in.
const MOST_WRITES: usize = 150;

/// What comes to an end is waited for, however slow the machine is.
const UNHURRIED: Duration = Duration::from_secs(3_600);

/// How long is waited for what may never end: a reply that is an error however it travels.
const BRIEF: Duration = Duration::from_secs(1);

/// How one reply fared.
#[derive(Default)]
struct Tally {
    replies: usize,
    decoded: usize,
    agreed: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_reply_means_what_other_clients_agree_on() {
    let Some(root) = root() else { return };
    let (expected, exceptions) = (Expected::read(&root), Exceptions::read());
    let recordings = recordings(&root, APIS);
    let replay = Replay::start(&recordings).await;
    let asked = recordings.iter().enumerate().map(|(place, recorded)| {
        let reply = replay.ask(place, recorded, Fault::none());
        async move { (recorded, reply.await) }
    });
    let mut replies = stream::iter(asked).buffer_unordered(CONCURRENT);
    let (mut tallies, mut wrong) = (BTreeMap::<&str, Tally>::new(), Vec::new());
    while let Some((recorded, reply)) = replies.next().await {
        let found = judge(recorded, reply, &expected);
        let tally = tallies.entry(&recorded.api).or_default();
        tally.replies += 1;
        tally.decoded += usize::from(found.iter().all(|(fact, _)| fact != "success"));
        tally.agreed += usize::from(found.is_empty());
        let unknown = found
            .iter()
            .filter(|(fact, _)| !exceptions.excuse(recorded, fact));
        wrong.extend(unknown.map(|(fact, how)| format!("{}: {fact} {how}", recorded.name())));
    }
    for (api, tally) in &tallies {
        let Tally {
            replies,
            decoded,
            agreed,
        } = tally;
        println!("{api}: {replies} replies, {decoded} decoded, {agreed} equal without exception");
    }
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let unneeded = exceptions.unneeded();
    assert!(
        unneeded.is_empty(),
        "exceptions that nothing needs:\n{}",
        unneeded.join("\n")
    );
    assert!(recordings.len() > 1000, "only {} replies", recordings.len());
}

/// How a reply differs from what is expected, fact by fact.
fn judge(
    recorded: &Recorded,
    reply: Result<Response, Error>,
    expected: &Expected,
) -> Vec<(String, String)> {
    match (reply, expected.fails(recorded)) {
        (Err(error), true) => {
            let status = recorded.reply().status;
            let told = status == 200 || error.status_code() == Some(status);
            let wrong = (!told).then(|| ("status".to_owned(), format!("isn't told by {error:?}")));
            wrong.into_iter().collect()
        }
        (Ok(_), true) => vec![("failure".to_owned(), "is a success".to_owned())],
        (Err(error), false) => vec![("success".to_owned(), format!("is {error:?}"))],
        (Ok(response), false) => {
            differences(&facts(&recorded.api, &response), expected.of(recorded))
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_harmless_fault_changes_a_reply_of_the_messages_api() {
    no_harmless_fault_changes_a_reply("anthropic-messages").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_harmless_fault_changes_a_reply_of_chat_completions() {
    no_harmless_fault_changes_a_reply("openai-chat").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_harmless_fault_changes_a_reply_of_the_gemini_api() {
    no_harmless_fault_changes_a_reply("gemini-generate").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_harmless_fault_changes_a_reply_of_the_responses_api() {
    no_harmless_fault_changes_a_reply("openai-responses").await;
}

async fn no_harmless_fault_changes_a_reply(api: &str) {
    let Some(root) = root() else { return };
    let recordings = recordings(&root, &[api]);
    let replay = Replay::start(&recordings).await.patience(UNHURRIED);
    let asked = recordings.iter().enumerate();
    let asked = asked.map(|(place, recorded)| suffer(&replay, place, recorded));
    let results: Vec<_> = stream::iter(asked)
        .buffer_unordered(CONCURRENT)
        .collect()
        .await;
    let tried: usize = results.iter().map(|(tried, _)| tried).sum();
    let wrong: Vec<String> = results.into_iter().flat_map(|(_, wrong)| wrong).collect();
    println!(
        "{api}: {} replies, {tried} times with a harmless fault",
        recordings.len()
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// How often the reply was asked for, and which faults made it another one.
async fn suffer(replay: &Replay, place: usize, recorded: &Recorded) -> (usize, Vec<String>) {
    let whole = replay.ask(place, recorded, Fault::none()).await;
    let replay = match &whole {
        Ok(_) => replay.clone(),
        // If it has no end and is held open, the error is that nothing comes.
        Err(_) => replay.clone().patience(BRIEF),
    };
    let expected = outcome(recorded, whole);
    let mut wrong = Vec::new();
    let faults = faults(recorded);
    for fault in &faults {
        let found = outcome(recorded, replay.ask(place, recorded, *fault).await);
        if found != expected {
            let name = recorded.name();
            wrong.push(format!("{name}, {fault}: is {found} and not {expected}"));
        }
    }
    (faults.len(), wrong)
}

/// The harmless faults that make sense for the reply; a long one comes in longer pieces.
fn faults(recorded: &Recorded) -> Vec<Fault> {
    let piece = recorded.body().len() / MOST_WRITES + 1;
    if !recorded.is_stream {
        return vec![Fault::none().split(piece), Fault::none().held_open()];
    }
    let sized = |fault: Fault| match fault.write_bytes() {
        0 if recorded.reply().content.pieces().len() <= MOST_WRITES => fault,
        bytes => fault.split(bytes.max(piece)),
    };
    let faults = Fault::harmless().into_iter().skip(1).map(sized);
    faults.collect::<HashSet<_>>().into_iter().collect()
}

fn outcome(recorded: &Recorded, reply: Result<Response, Error>) -> Value {
    match reply {
        Ok(response) => facts(&recorded.api, &response),
        Err(_) => "an error".into(),
    }
}

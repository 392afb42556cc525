//! Conversations recorded against the scripted server are replayed when it is gone.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attractor_llm::cassette::{Cassette, End, Outcome, Player, Recorder};
use attractor_llm::provider::http::Transport;
use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, Client, Error, ErrorKind, GenerateResult, Message, Request, Response,
    RetryPolicy, StreamAccumulator, Timeouts, Tool, generate, retry,
};
use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::json;
use tempfile::TempDir;

pub(crate) const KEY: &str = "sk-ant-very-secret";

/// A folder that is gone after the test, and a file in it that doesn't exist yet.
pub(crate) fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassettes/test.json");
    (folder, path)
}

async fn serve(turns: impl IntoIterator<Item = Turn>) -> ScriptedServer {
    let script = turns.into_iter().fold(Script::new(), Script::turn);
    ScriptedServer::start(script).await.unwrap()
}

fn client(key: &str, base_url: &str, transport: impl Transport) -> Client {
    let adapter = AnthropicAdapter::builder(key)
        .base_url(base_url)
        .transport(Arc::new(transport))
        .timeouts(Timeouts::default().stream_read(Duration::from_secs(1)));
    Client::builder()
        .provider(adapter.build().unwrap())
        .build()
        .unwrap()
}

/// A client whose exchanges are written to the file.
fn recorded(path: &Path, server: &ScriptedServer) -> (Client, Recorder) {
    let recorder = Recorder::create(path).unwrap();
    (client(KEY, &server.base_url(), recorder.clone()), recorder)
}

/// A client that gets its answers from the file, with no server anywhere.
fn replayed(path: &Path) -> (Client, Player) {
    let player = Player::open(path).unwrap();
    (client("none", "http://127.0.0.1:1", player.clone()), player)
}

fn ask(text: &str) -> Request {
    Request::new("claude-opus-4-6", vec![Message::user(text)])
}

async fn streamed(client: &Client, request: Request) -> Result<Response, Error> {
    let mut events = client.stream(request).await?;
    let mut accumulator = StreamAccumulator::new();
    while let Some(event) = events.next().await {
        accumulator.process(&event?);
    }
    Ok(accumulator.response().unwrap())
}

async fn tool_loop(client: &Client, prompt: &str) -> Result<GenerateResult, Error> {
    let anything = json!({"type": "object"});
    let now = Tool::new("now", "The time", anything, async |_, _| "12:00").unwrap();
    generate("claude-opus-4-6")
        .client(client)
        .prompt(prompt)
        .tool(now)
        .max_tool_rounds(5)
        .await
}

async fn record_tool_loop(path: &Path) -> GenerateResult {
    let server = serve([
        Turn::thinking("Look.", "c2ln").and_tool_call("now", json!({"zone": "UTC"})),
        Turn::tool_call("now", json!({})),
        Turn::text("It is noon."),
    ])
    .await;
    let (client, recorder) = recorded(path, &server);
    let result = tool_loop(&client, "What time is it?").await.unwrap();
    recorder.finish().unwrap();
    server.shutdown().await;
    result
}

#[tokio::test]
async fn a_tool_loop_is_replayed_with_the_server_gone() {
    let (_folder, path) = file();
    let before = record_tool_loop(&path).await;
    let (client, player) = replayed(&path);
    let after = tool_loop(&client, "What time is it?").await.unwrap();
    assert_eq!(after.messages, before.messages);
    assert_eq!(after.total_usage, before.total_usage);
    player.finish().unwrap();
}

#[tokio::test]
async fn a_changed_prompt_diverges_at_its_exchange_and_for_good() {
    let (_folder, path) = file();
    record_tool_loop(&path).await;
    let (client, player) = replayed(&path);
    let error = tool_loop(&client, "What time was it?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(!error.is_retryable());
    let text = error.to_string();
    assert!(text.contains("request 1 (POST /v1/messages)"), "{text}");
    assert!(text.contains("exchange 1 of 3"), "{text}");
    assert!(
        text.contains(
            "messages[0].content[0].text was \"What time is it?\" and is \"What time was it?\""
        ),
        "{text}"
    );
    let again = tool_loop(&client, "What time is it?").await.unwrap_err();
    assert_eq!(again.message(), error.message());
    assert_eq!(player.finish().unwrap_err().message(), error.message());
}

#[tokio::test]
async fn a_later_divergence_names_the_exchange_that_was_next() {
    let (_folder, path) = file();
    let server = serve([Turn::text("a"), Turn::text("b")]).await;
    let (client, _) = recorded(&path, &server);
    for text in ["first", "second"] {
        client.complete(ask(text)).await.unwrap();
    }
    let (client, player) = replayed(&path);
    client.complete(ask("first")).await.unwrap();
    let left = player.finish().unwrap_err().to_string();
    assert!(
        left.contains("1 of 2 exchanges of") && left.contains("2 (POST /v1/messages)"),
        "{left}"
    );
    let error = client.complete(ask("2nd")).await.unwrap_err().to_string();
    assert!(
        error.contains("request 2") && error.contains("exchange 2 of 2"),
        "{error}"
    );
    assert!(error.contains("was \"second\" and is \"2nd\""), "{error}");
}

#[tokio::test]
async fn a_request_too_many_is_an_error() {
    let (_folder, path) = file();
    let server = serve([Turn::text("a")]).await;
    recorded(&path, &server).0.complete(ask("x")).await.unwrap();
    let (client, player) = replayed(&path);
    client.complete(ask("x")).await.unwrap();
    player.finish().unwrap();
    let error = client.complete(ask("x")).await.unwrap_err().to_string();
    assert!(error.contains("one too many: all 1 exchanges"), "{error}");
}

#[tokio::test]
async fn calls_at_the_same_time_are_replayed_in_any_order() {
    let (_folder, path) = file();
    let server = serve([Turn::text("same").repeat()]).await;
    let (client, _) = recorded(&path, &server);
    let texts = ["a", "b", "c", "d"];
    join_all(texts.map(|text| client.complete(ask(text)))).await;
    let (client, player) = replayed(&path);
    let replies = join_all(
        texts
            .iter()
            .rev()
            .map(|text| streamed_or_not(&client, text)),
    )
    .await;
    assert!(
        replies
            .into_iter()
            .all(|reply| reply.unwrap().text() == "same")
    );
    player.finish().unwrap();
}

async fn streamed_or_not(client: &Client, text: &str) -> Result<Response, Error> {
    client.complete(ask(text)).await
}

#[tokio::test]
async fn a_stream_is_replayed_with_its_end() {
    let (_folder, path) = file();
    let server = serve([
        Turn::text("Grüße 👋").write_bytes(3),
        Turn::text("held").hold_open(),
        Turn::text("cut in the middle").cut_after_events(4),
        Turn::text("silent")
            .cut_after_bytes(60)
            .event_delay_ms(60_000),
    ])
    .await;
    let (client, _) = recorded(&path, &server);
    let mut before = Vec::new();
    for text in ["1", "2", "3", "4"] {
        before.push(streamed(&client, ask(text)).await);
    }
    server.shutdown().await;
    let (client, player) = replayed(&path);
    for (text, before) in ["1", "2", "3", "4"].into_iter().zip(before) {
        match (before, streamed(&client, ask(text)).await) {
            (Ok(before), Ok(after)) => assert_eq!(after, before),
            (Err(before), Err(after)) => {
                assert_eq!(after.to_string(), before.to_string());
                assert_eq!(after.partial_response(), before.partial_response());
            }
            (before, after) => panic!("{before:?} became {after:?}"),
        }
    }
    player.finish().unwrap();
    let ends: Vec<_> = Cassette::read(&path)
        .unwrap()
        .exchanges
        .into_iter()
        .map(end)
        .collect();
    assert_eq!(ends[..2], [End::Closed, End::Open]);
    assert!(matches!(ends[2], End::Broken(_)), "{ends:?}");
}

fn end(exchange: attractor_llm::cassette::Exchange) -> End {
    match exchange.outcome {
        Outcome::Reply(reply) => reply.end,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn failures_and_what_a_retry_made_of_them_are_replayed() {
    let (_folder, path) = file();
    let server = serve([
        Turn::api_error(429, "slow down").header("retry-after-ms", "1"),
        Turn::api_error(529, "busy"),
        Turn::text("at last"),
    ])
    .await;
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let (client, recorder) = recorded(&path, &server);
    let before = retry(&policy, || client.complete(ask("x"))).await.unwrap();
    server.shutdown().await;
    let gone = client.complete(ask("gone")).await.unwrap_err();
    recorder.finish().unwrap();
    let (client, player) = replayed(&path);
    let after = retry(&policy, || client.complete(ask("x"))).await.unwrap();
    assert_eq!(after, before);
    let error = client.complete(ask("gone")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (gone.kind(), gone.to_string())
    );
    player.finish().unwrap();
}

#[tokio::test]
async fn what_was_cancelled_is_recorded_as_unanswered_and_waits_again() {
    let (_folder, path) = file();
    let server = serve([Turn::silence(), Turn::text("b")]).await;
    let (client, _) = recorded(&path, &server);
    tokio::select! {
        result = client.complete(ask("a")) => panic!("{result:?}"),
        () = received(&server) => {}
    }
    client.complete(ask("b")).await.unwrap();
    let cassette = Cassette::read(&path).unwrap();
    assert_eq!(cassette.exchanges[0].outcome, Outcome::Unanswered);
    let (client, _) = replayed(&path);
    client.complete(ask("b")).await.unwrap();
    let again = client.complete(ask("a"));
    tokio::time::timeout(Duration::from_millis(50), again)
        .await
        .unwrap_err();
}

/// Waits until the server has received a request.
async fn received(server: &ScriptedServer) {
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
}

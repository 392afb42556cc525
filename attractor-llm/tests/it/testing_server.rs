//! The scripted server as a client sees it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::testing_wire::{Raw, hello, hello_stream, post, send};

async fn start(turns: impl IntoIterator<Item = Turn>) -> ScriptedServer {
    ScriptedServer::start(turns.into_iter().collect())
        .await
        .unwrap()
}

async fn answer(turn: Turn, body: &Value) -> Raw {
    let server = start([turn]).await;
    let raw = post(&server, body).await;
    server.shutdown().await;
    raw
}

fn types(raw: &Raw) -> Vec<String> {
    let events = raw.events().into_iter();
    events
        .map(|event| event["type"].as_str().unwrap_or("?").to_owned())
        .collect()
}

#[tokio::test]
async fn a_text_turn_is_a_whole_message() {
    let raw = answer(Turn::text("Hello.").usage(7, 3), &hello()).await;
    assert_eq!(raw.status, 200);
    assert_eq!(
        raw.json(),
        json!({
            "id": "msg_script_0_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "Hello."}],
            "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {
                "input_tokens": 7, "output_tokens": 3,
                "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            },
        })
    );
}

#[tokio::test]
async fn a_stream_opens_fills_and_closes_each_block() {
    let turn = Turn::thinking("Hm.", "c2ln")
        .and_text("Hi")
        .and_tool_call("ls", json!({"a": 1}));
    let raw = answer(turn, &hello_stream()).await;
    assert!(raw.head.contains("text/event-stream"), "{}", raw.head);
    let block = [
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
    ];
    let expected = ["message_start", "ping"]
        .into_iter()
        .chain(block)
        .chain([
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
        ])
        .chain(["content_block_stop"])
        .chain(block)
        .chain(["content_block_stop", "message_delta", "message_stop"]);
    assert_eq!(types(&raw), expected.collect::<Vec<_>>());
    assert_eq!(
        raw.events()[4]["delta"],
        json!({"type": "signature_delta", "signature": "c2ln"})
    );
    assert_eq!(raw.events()[13]["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn deltas_add_up_and_never_split_a_character() {
    let text = "Größenwahn über alle Maße — 漢字かな交じり文です。";
    let raw = answer(
        Turn::text(text).delta_chars(1).write_bytes(1),
        &hello_stream(),
    )
    .await;
    let events = raw.events();
    let deltas = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str());
    assert_eq!(deltas.clone().count(), text.chars().count());
    assert_eq!(deltas.collect::<String>(), text);
}

#[tokio::test]
async fn a_turn_answers_once_and_then_the_next_one_does() {
    let server = start([Turn::text("one"), Turn::text("two").times(2)]).await;
    let mut texts = Vec::new();
    for _ in 0..3 {
        texts.push(post(&server, &hello()).await.json()["content"][0]["text"].clone());
    }
    assert_eq!(texts, ["one", "two", "two"]);
    assert_eq!(post(&server, &hello()).await.status, 400);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_request_without_a_turn_is_told_why() {
    let server = start([Turn::text("x").when(Match::any().tool_results(2).model("m"))]).await;
    let raw = post(&server, &hello()).await;
    assert_eq!(raw.status, 400);
    let message = raw.error_message();
    assert!(message.contains("last message \"hello\""), "{message}");
    assert!(
        message.contains("turn 0: tool_results is 0, not 2"),
        "{message}"
    );
    assert_eq!(server.unmatched(), [message]);
}

#[tokio::test]
async fn each_field_of_a_match_is_read_from_the_request() {
    let body = json!({
        "model": "m", "max_tokens": 9, "system": [{"type": "text", "text": "You are terse."}],
        "tools": [{"name": "ls", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "list them"},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "a", "name": "ls", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": [
                    {"type": "text", "text": "src"}]}]},
        ],
    });
    let holds = Match::any()
        .system_contains("terse")
        .any_message_contains("list")
        .last_message_contains("src")
        .tool_results(1)
        .assistant_messages(1)
        .model("m")
        .stream(false);
    assert_eq!(
        answer(Turn::text("ok").when(holds), &body).await.status,
        200
    );
    for wrong in [
        Match::any().system_contains("verbose"),
        Match::any().any_message_contains("terse"),
        Match::any().last_message_contains("list"),
        Match::any().tool_results(0),
        Match::any().assistant_messages(2),
        Match::any().model("n"),
        Match::any().stream(true),
    ] {
        assert_eq!(
            answer(Turn::text("ok").when(wrong), &body).await.status,
            400
        );
    }
}

#[tokio::test]
async fn the_same_script_gives_the_same_bytes_after_a_restart() {
    let turn = || {
        Turn::text("Look.")
            .and_tool_call("ls", json!({"path": "."}))
            .repeat()
    };
    for body in [hello(), hello_stream()] {
        let server = start([turn()]).await;
        let (first, again) = (
            post(&server, &body).await.body,
            post(&server, &body).await.body,
        );
        server.shutdown().await;
        assert!(first.contains("toolu_script_0_1_1"), "{first}");
        assert_eq!(first, again);
        assert_eq!(first, answer(turn(), &body).await.body);
    }
}

#[tokio::test]
async fn an_http_error_has_the_protocols_body_and_the_given_headers() {
    let turn = Turn::api_error(429, "slow down").header("Retry-After", "7");
    let raw = answer(turn, &hello()).await;
    assert_eq!(raw.status, 429);
    assert!(raw.head.contains("retry-after: 7"), "{}", raw.head);
    let expected = json!({"type": "rate_limit_error", "message": "slow down"});
    assert_eq!(raw.json()["error"], expected);
}

#[tokio::test]
async fn a_body_of_an_error_is_sent_as_it_is() {
    let raw = answer(Turn::http_error(502, "<html>bad gateway</html>"), &hello()).await;
    assert_eq!(
        (raw.status, raw.body.as_str()),
        (502, "<html>bad gateway</html>")
    );
    let raw = answer(
        Turn::http_error(500, json!([{"error": "x"}])),
        &hello_stream(),
    )
    .await;
    assert_eq!((raw.status, raw.json()), (500, json!([{"error": "x"}])));
}

#[tokio::test]
async fn a_stream_is_cut_after_the_given_events() {
    let raw = answer(
        Turn::text("Hello there, world.").cut_after_events(4),
        &hello_stream(),
    )
    .await;
    assert!(!raw.complete);
    assert_eq!(
        types(&raw),
        [
            "message_start",
            "ping",
            "content_block_start",
            "content_block_delta"
        ]
    );
}

#[tokio::test]
async fn a_body_is_cut_after_the_given_bytes() {
    for body in [hello(), hello_stream()] {
        let raw = answer(Turn::text("Hello.").cut_after_bytes(10), &body).await;
        assert!(!raw.complete);
        assert_eq!(raw.body.len(), 10);
    }
}

#[tokio::test]
async fn a_stream_may_end_without_its_terminal_event() {
    let raw = answer(Turn::text("Hi").omit_terminal(), &hello_stream()).await;
    assert!(raw.complete);
    assert_eq!(
        types(&raw).last().map(String::as_str),
        Some("message_delta")
    );
}

#[tokio::test]
async fn a_failure_in_mid_stream_is_an_error_event_or_a_status() {
    let turn = || Turn::text("Hi").then_stream_error("overloaded_error", "busy");
    let raw = answer(turn(), &hello_stream()).await;
    assert_eq!(
        raw.events().last().unwrap()["error"]["type"],
        "overloaded_error"
    );
    assert_eq!(answer(turn(), &hello()).await.status, 529);
}

#[tokio::test]
async fn raw_events_blocks_and_arguments_pass_unchanged() {
    let turn = Turn::text("Hi")
        .and_event("mystery", "not json")
        .and_block(json!({"type": "server_tool_use", "id": "s"}))
        .and_raw_tool_call("ls", "{\"pa")
        .finish_reason("length");
    let raw = answer(turn.clone(), &hello_stream()).await;
    assert!(
        raw.body.contains("event: mystery\ndata: not json\n\n"),
        "{}",
        raw.body
    );
    assert!(
        raw.body.contains(r#"{"partial_json":"{\"pa""#),
        "{}",
        raw.body
    );
    let whole = answer(turn, &hello()).await.json();
    assert_eq!(
        whole["content"][1],
        json!({"type": "server_tool_use", "id": "s"})
    );
    assert_eq!(whole["content"][2]["input"], json!({}));
    assert_eq!(whole["stop_reason"], "max_tokens");
}

#[tokio::test(start_paused = true)]
async fn delays_come_before_the_answer_and_between_events() {
    let turn = Turn::text("Hi").delay_ms(5_000).event_delay_ms(1_000);
    let server = start([turn]).await;
    let begun = tokio::time::Instant::now();
    let raw = post(&server, &hello_stream()).await;
    let events = u64::try_from(raw.events().len()).unwrap();
    let expected = 5_000 + (events - 1) * 1_000;
    let elapsed = u64::try_from(begun.elapsed().as_millis()).unwrap();
    // A paused clock may step a millisecond past each timer.
    assert!(
        (expected..expected + 100).contains(&elapsed),
        "{elapsed} for {expected}"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_until_the_server_is_gone() {
    let server = start([Turn::silence()]).await;
    let (url, body) = (server.base_url(), hello());
    let request = post(&server, &body);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(3_600), request).await;
    assert!(waited.is_err());
    server.shutdown().await;
    let address = url.strip_prefix("http://").unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn untidy_events_are_framed_as_proxies_do() {
    let raw = answer(Turn::text("Hi").untidy(), &hello_stream()).await;
    assert!(
        raw.body.starts_with("\u{feff}event: message_start\r\n"),
        "{}",
        raw.body
    );
    assert!(
        raw.body.ends_with("{\"type\":\"message_stop\"}\r\n"),
        "{}",
        raw.body
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_be_held_open_after_the_answer() {
    let server = start([Turn::text("Hi").hold_open()]).await;
    let body = hello_stream();
    let request = post(&server, &body);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(3_600), request).await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn dropping_the_server_stops_it() {
    let server = start([Turn::text("x")]).await;
    let url = server.base_url();
    drop(server);
    let address = url.strip_prefix("http://").unwrap();
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_unknown_path_is_told_which_paths_there_are() {
    let server = start([]).await;
    let raw = send(&server, "POST /v1/embeddings", "", "{}").await;
    assert_eq!(raw.status, 404);
    assert!(raw.error_message().contains("/v1/messages"), "{}", raw.body);
    assert_eq!(send(&server, "GET /v1/messages", "", "").await.status, 405);
}

#[tokio::test]
async fn requests_are_recorded_with_path_headers_and_body() {
    let server = start([Turn::text("x")]).await;
    post(&server, &hello()).await;
    let recorded = server.requests().remove(0);
    assert_eq!(
        (recorded.method.as_str(), recorded.path.as_str()),
        ("POST", "/v1/messages")
    );
    assert_eq!(recorded.headers["x-api-key"], "k");
    assert_eq!(recorded.body, hello());
}

#[tokio::test]
async fn an_empty_script_says_so() {
    let server = ScriptedServer::start(Script::new()).await.unwrap();
    let raw = post(&server, &hello()).await;
    assert!(
        raw.error_message().ends_with("the script has no turns"),
        "{}",
        raw.body
    );
}

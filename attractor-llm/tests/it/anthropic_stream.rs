//! Streams of the Messages API: whole, cut, in pieces, damaged.

use std::time::Duration;

use attractor_llm::{
    ContentPart, ErrorKind, FinishReasonKind, ProviderAdapter as _, Response, StreamAccumulator,
    StreamEvent,
};
use futures::StreamExt as _;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::{Canned, End, drain, finished, hello};

const TURN: &str = include_str!("../fixtures/streams/text_and_tools.sse");

/// The same answer in one piece.
fn whole() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
        "content": [
            {"type": "thinking", "thinking": "Zwei Städte", "signature": "sig=="},
            {"type": "redacted_thinking", "data": "opaque"},
            {"type": "text", "text": "Ich sehe nach: 🌤",
             "citations": [{"type": "char_location", "cited_text": "x"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Köln"}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
        ],
        "stop_reason": "tool_use", "stop_sequence": null,
        "usage": {"input_tokens": 12, "cache_read_input_tokens": 30,
                  "cache_creation_input_tokens": 5, "output_tokens": 40,
                  "output_tokens_details": {"thinking_tokens": 9}},
    })
}

/// A stream of the given events, each a JSON value.
fn sse(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "m", "model": "x", "content": [], "usage": {"input_tokens": 1}}})
}

fn block(index: u64, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ]
}

fn without_spelling(mut response: Response) -> Response {
    for part in &mut response.message.content {
        if let ContentPart::ToolCall(call) = part {
            call.raw_arguments = None;
        }
    }
    response
}

#[tokio::test]
async fn the_events_of_a_turn_come_in_order() {
    let (adapter, _) = Canned::events(TURN).adapter();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none());
    assert_json_snapshot!(events);
}

#[tokio::test]
async fn a_stream_gives_the_response_that_complete_gives() {
    let (adapter, _) = Canned::json(200, &whole()).adapter();
    let complete = adapter.complete(hello()).await.unwrap();
    let (adapter, _) = Canned::events(TURN).adapter();
    assert_eq!(
        without_spelling(finished(&adapter, hello()).await),
        complete
    );
}

#[tokio::test]
async fn the_accumulator_gives_the_response_that_complete_gives() {
    let (adapter, _) = Canned::events(TURN).adapter();
    let mut accumulator = StreamAccumulator::new();
    let (mut events, _) = drain(&adapter, hello()).await;
    let finish = events.pop().unwrap();
    for event in &events {
        accumulator.process(event);
    }
    let partial = accumulator.partial();
    assert!(accumulator.response().is_none());
    accumulator.process(&finish);
    let response = accumulator.response().unwrap();
    assert_eq!(partial.text(), response.text());
    assert_eq!(partial.tool_calls(), response.tool_calls());
    assert_eq!(partial.reasoning(), response.reasoning());
    let (adapter, _) = Canned::json(200, &whole()).adapter();
    assert_eq!(
        without_spelling(response),
        adapter.complete(hello()).await.unwrap()
    );
}

#[tokio::test]
async fn the_pieces_that_bytes_come_in_make_no_difference() {
    let (adapter, _) = Canned::events(TURN).adapter();
    let expected = drain(&adapter, hello()).await.0;
    for piece in [1, 2, 3, 5, 17, 64, 1000] {
        let (adapter, _) = Canned::events(TURN).piece(piece).adapter();
        assert_eq!(
            drain(&adapter, hello()).await.0,
            expected,
            "in pieces of {piece}"
        );
    }
}

#[tokio::test]
async fn a_stream_cut_at_any_byte_is_an_error_with_what_had_arrived() {
    let last = TURN.trim_end().len();
    for cut in 0..last {
        for end in [End::Closed, End::Broken] {
            let (adapter, _) = Canned::events(&TURN.as_bytes()[..cut]).end(end).adapter();
            let (events, error) = drain(&adapter, hello()).await;
            let error = error.unwrap_or_else(|| panic!("cut at {cut} is a success"));
            assert!(error.is_retryable(), "cut at {cut}: {error}");
            assert!(
                !events
                    .iter()
                    .any(|event| matches!(event, StreamEvent::Finish { .. }))
            );
            let Some(partial) = error.partial_response() else {
                assert!(events.is_empty(), "cut at {cut}: nothing is attached");
                continue;
            };
            assert_eq!(partial.finish_reason.reason, FinishReasonKind::Error);
            assert!(
                "Ich sehe nach: 🌤".starts_with(&partial.text()),
                "cut at {cut}"
            );
        }
    }
}

#[tokio::test]
async fn a_call_cut_off_by_the_connection_is_invalid_in_the_partial_response() {
    let cut = TURN.find("öln").unwrap();
    let (adapter, _) = Canned::events(&TURN.as_bytes()[..cut]).adapter();
    let (_, error) = drain(&adapter, hello()).await;
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Stream);
    let calls = error.partial_response().unwrap().tool_calls();
    assert!(calls[0].invalid.is_some(), "{calls:?}");
}

#[tokio::test]
async fn nothing_is_waited_for_after_the_terminal_event() {
    let (adapter, _) = Canned::events(TURN).end(End::Silent).adapter();
    assert_eq!(finished(&adapter, hello()).await.tool_calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_times_out_with_what_had_arrived() {
    let body = &TURN[..TURN.find("event: message_delta").unwrap()];
    let (adapter, _) = Canned::events(body).end(End::Silent).adapter();
    let begun = tokio::time::Instant::now();
    let (_, error) = drain(&adapter, hello()).await;
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::RequestTimeout);
    assert_eq!(error.partial_response().unwrap().text(), "Ich sehe nach: 🌤");
    assert_eq!(begun.elapsed().as_secs(), Duration::from_secs(30).as_secs());
}

#[tokio::test]
async fn a_call_cut_off_by_the_token_limit_is_invalid_however_its_arguments_look() {
    let call = json!({"type": "tool_use", "id": "t", "name": "rm", "input": {}});
    for arguments in ["", "{\"path\": \"/a", "{\"path\": \"/a\"}"] {
        let piece = json!({"type": "input_json_delta", "partial_json": arguments});
        let mut events = vec![start(), block(0, &call), delta(0, &piece), stop(0)];
        events.extend(end("max_tokens"));
        let (adapter, _) = Canned::events(sse(&events)).adapter();
        let (events, error) = drain(&adapter, hello()).await;
        assert!(error.is_none());
        let told = events.iter().find_map(|event| match event {
            StreamEvent::ToolCallEnd { tool_call } => Some(tool_call),
            _ => None,
        });
        assert!(told.unwrap().invalid.is_some(), "{arguments}");
        let Some(StreamEvent::Finish { response, .. }) = events.last() else {
            panic!("no end")
        };
        assert_eq!(response.finish_reason.reason, FinishReasonKind::Length);
        assert!(response.tool_calls()[0].invalid.is_some(), "{arguments}");
    }
}

#[tokio::test]
async fn an_error_event_is_classified_and_carries_what_had_arrived() {
    let error =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let events = [
        start(),
        block(0, &json!({"type": "text", "text": "He"})),
        error.clone(),
    ];
    let (adapter, _) = Canned::events(sse(&events)).adapter();
    let (_, failed) = drain(&adapter, hello()).await;
    let failed = failed.unwrap();
    assert_eq!(
        (failed.kind(), failed.error_code()),
        (ErrorKind::Server, Some("overloaded_error"))
    );
    assert_eq!(failed.partial_response().unwrap().text(), "He");
    let (adapter, _) = Canned::events(sse(&[error])).adapter();
    let refused = adapter.stream(hello()).await.err().unwrap();
    assert!(refused.is_retryable() && refused.partial_response().is_none());
}

#[tokio::test]
async fn unknown_events_blocks_and_deltas_pass_through_and_are_kept() {
    let known = json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}});
    let piece = |text: &str| json!({"type": "input_json_delta", "partial_json": text});
    let mut events = vec![
        start(),
        json!({"type": "brand_new", "x": 1}),
        block(0, &known),
        delta(0, &piece("{\"query\":")),
        delta(0, &piece("\"x\"}")),
        stop(0),
        block(1, &json!({"type": "compaction", "content": null})),
        delta(1, &json!({"type": "compaction_delta", "content": "sum"})),
        stop(1),
        block(2, &json!({})),
        stop(2),
    ];
    events.extend(end("end_turn"));
    let (adapter, _) = Canned::events(sse(&events)).adapter();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    let passed = |event: &&StreamEvent| matches!(event, StreamEvent::ProviderEvent { .. });
    assert_eq!(events.iter().filter(passed).count(), 7);
    let Some(StreamEvent::Finish { response, .. }) = events.last() else {
        panic!("no end")
    };
    let [
        ContentPart::Other(search),
        ContentPart::Other(compaction),
        ContentPart::Other(_),
    ] = response.message.content.as_slice()
    else {
        panic!("{:?}", response.message.content)
    };
    assert_eq!(search.raw["input"], json!({"query": "x"}));
    assert_eq!(compaction.raw["content"], "sum");
}

#[tokio::test]
async fn sloppy_gateways_are_understood() {
    let text = |text: &str| json!({"type": "text_delta", "text": text});
    // The start twice, no start of the block, no stop, no message_delta, a foreign end mark.
    let events = [
        start(),
        start(),
        delta(0, &text("a")),
        delta(0, &text("b")),
        json!({"type": "message_stop"}),
    ];
    let (adapter, _) = Canned::events(sse(&events) + "data: [DONE]").adapter();
    assert_eq!(finished(&adapter, hello()).await.text(), "ab");
}

#[tokio::test]
async fn a_lone_surrogate_does_not_fail_the_stream() {
    let body = sse(&[
        start(),
        delta(0, &json!({"type": "text_delta", "text": "SURROGATE"})),
    ])
    .replace("SURROGATE", "a\\ud83d b")
        + &sse(&end("end_turn"));
    let (adapter, _) = Canned::events(body).adapter();
    assert_eq!(finished(&adapter, hello()).await.text(), "a\u{fffd} b");
}

#[tokio::test]
async fn a_reply_that_is_no_event_stream_is_an_error() {
    let error = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}});
    let cases = [
        (Canned::json(200, &error), ErrorKind::RateLimit),
        (Canned::json(200, &whole()), ErrorKind::Stream),
        (
            Canned::new(200, "text/html", "<html>login</html>"),
            ErrorKind::Server,
        ),
        (Canned::events("data: nonsense\n\n"), ErrorKind::Stream),
        (Canned::events(""), ErrorKind::Stream),
    ];
    for (canned, kind) in cases {
        let (adapter, _) = canned.adapter();
        let error = adapter.stream(hello()).await.err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_is_over_stays_over() {
    let (adapter, _) = Canned::events(TURN).adapter();
    let mut stream = adapter.stream(hello()).await.unwrap();
    while stream.next().await.is_some() {}
    assert!(stream.next().await.is_none());
}

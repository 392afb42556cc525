//! Streams of the Responses API: whole, cut, in pieces, damaged.

use attractor_llm::{
    ContentPart, ErrorKind, FinishReasonKind, ProviderAdapter as _, StreamAccumulator, StreamEvent,
};
use futures::StreamExt as _;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::{Canned, End, drain, finished, hello};

/// Reasoning, text and two interleaved calls; the terminal event has an empty output.
const TURN: &str = include_str!("../fixtures/streams/responses_text_and_tools.sse");

/// The same answer in one piece.
fn whole() -> Value {
    json!({
        "id": "resp_1", "object": "response", "status": "completed", "error": null,
        "incomplete_details": null, "model": "gpt-5.2",
        "output": [
            {"type": "reasoning", "id": "rs_1", "encrypted_content": "enc==", "summary": [
                {"type": "summary_text", "text": "Zwei Städte"},
                {"type": "summary_text", "text": "Nachsehen"}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "Ich sehe nach: 🌤", "annotations": [
                {"type": "url_citation", "url": "https://example.com/", "start_index": 0,
                 "end_index": 3}]}]},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather",
             "arguments": "{\"city\":\"Köln\"}", "status": "completed"},
            {"type": "function_call", "id": "fc_2", "call_id": "call_2", "name": "now",
             "arguments": "{}", "status": "completed"},
        ],
        "usage": {"input_tokens": 47, "input_tokens_details": {"cached_tokens": 30},
                  "output_tokens": 40, "output_tokens_details": {"reasoning_tokens": 9},
                  "total_tokens": 87},
    })
}

/// A stream of the given events, each a JSON value.
fn sse(events: &[Value]) -> String {
    let lines = events.iter().map(|event| format!("data: {event}\n\n"));
    lines.collect()
}

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "r", "model": "x", "output": []}})
}

fn added(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn text(index: u64, delta: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": delta})
}

fn arguments(index: u64, delta: &str) -> Value {
    json!({"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta})
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "rm",
           "arguments": arguments})
}

fn message(id: &str, text: &str) -> Value {
    json!({"type": "message", "id": id, "role": "assistant",
           "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn completed(output: &Value) -> Value {
    json!({"type": "response.completed", "response": {
        "id": "r", "model": "x", "status": "completed", "output": output,
        "usage": {"input_tokens": 1, "output_tokens": 2}}})
}

fn ends(events: &[StreamEvent]) -> Vec<&str> {
    let ends = events.iter().filter_map(|event| match event {
        StreamEvent::ToolCallEnd { tool_call } => Some(tool_call.id.as_str()),
        _ => None,
    });
    ends.collect()
}

#[tokio::test]
async fn the_events_of_a_turn_come_in_order() {
    let (adapter, _) = Canned::events(TURN).openai();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    assert_json_snapshot!(events);
}

#[tokio::test]
async fn a_stream_gives_the_response_that_complete_gives() {
    let (adapter, _) = Canned::json(200, &whole()).openai();
    let complete = adapter.complete(hello()).await.unwrap();
    let (adapter, _) = Canned::events(TURN).openai();
    assert_eq!(finished(&adapter, hello()).await, complete);
    assert_eq!(complete.usage.reasoning_tokens, Some(9));
    assert_eq!(complete.usage.cache_read_tokens, Some(30));
    assert_eq!(complete.usage.total_input_tokens(), 47);
    assert_eq!(
        complete.reasoning().as_deref(),
        Some("Zwei Städte\n\nNachsehen")
    );
}

#[tokio::test]
async fn the_accumulator_gives_the_response_that_complete_gives() {
    let (adapter, _) = Canned::events(TURN).openai();
    let mut accumulator = StreamAccumulator::new();
    let (mut events, _) = drain(&adapter, hello()).await;
    let finish = events.pop().unwrap();
    for event in &events {
        accumulator.process(event);
    }
    let partial = accumulator.partial();
    accumulator.process(&finish);
    let response = accumulator.response().unwrap();
    assert_eq!(partial.text(), response.text());
    assert_eq!(partial.tool_calls(), response.tool_calls());
    assert_eq!(partial.reasoning(), response.reasoning());
}

#[tokio::test]
async fn the_pieces_that_bytes_come_in_make_no_difference() {
    let (adapter, _) = Canned::events(TURN).openai();
    let expected = drain(&adapter, hello()).await.0;
    for piece in [1, 2, 3, 5, 17, 64, 1000] {
        let (adapter, _) = Canned::events(TURN).piece(piece).openai();
        assert_eq!(
            drain(&adapter, hello()).await.0,
            expected,
            "in pieces of {piece}"
        );
    }
}

#[tokio::test]
async fn a_stream_cut_at_any_byte_is_an_error_with_what_had_arrived() {
    for cut in 0..TURN.trim_end().len() {
        for end in [End::Closed, End::Broken] {
            let (adapter, _) = Canned::events(&TURN.as_bytes()[..cut]).end(end).openai();
            let (events, error) = drain(&adapter, hello()).await;
            let error = error.unwrap_or_else(|| panic!("cut at {cut} is a success"));
            assert!(error.is_retryable(), "cut at {cut}: {error}");
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
async fn nothing_is_waited_for_after_the_terminal_event() {
    let (adapter, _) = Canned::events(TURN).end(End::Silent).openai();
    assert_eq!(finished(&adapter, hello()).await.tool_calls().len(), 2);
}

#[tokio::test]
async fn a_call_cut_off_by_the_token_limit_is_invalid_however_its_arguments_look() {
    for given in ["", "{\"path\": \"/a", "{\"path\": \"/a\"}"] {
        let incomplete = json!({"type": "response.incomplete", "response": {
            "id": "r", "status": "incomplete", "output": [],
            "incomplete_details": {"reason": "max_output_tokens"}}});
        let item = call("c", "");
        let events = [
            created(),
            added(0, &item),
            arguments(0, given),
            done(0, &call("c", given)),
            incomplete,
        ];
        let (adapter, _) = Canned::events(sse(&events)).openai();
        let (events, error) = drain(&adapter, hello()).await;
        assert!(error.is_none());
        let told = events.iter().find_map(|event| match event {
            StreamEvent::ToolCallEnd { tool_call } => Some(tool_call),
            _ => None,
        });
        assert!(told.unwrap().invalid.is_some(), "{given}");
        let Some(StreamEvent::Finish { response, .. }) = events.last() else {
            panic!("no end")
        };
        assert_eq!(response.finish_reason.reason, FinishReasonKind::Length);
        assert!(response.tool_calls()[0].invalid.is_some(), "{given}");
        assert_eq!(
            response.tool_calls()[0].raw_arguments.as_deref(),
            Some(given)
        );
    }
}

#[tokio::test]
async fn items_are_told_apart_by_their_place_even_where_ids_change() {
    let mut renamed = call("one", "{\"a\":1}");
    renamed["id"] = "fc_other".into();
    renamed["call_id"] = "other".into();
    let events = [
        created(),
        json!({"type": "response.in_progress", "response": {"id": "another"}}),
        added(0, &call("one", "")),
        added(1, &call("two", "")),
        arguments(1, "{\"a\":"),
        arguments(0, "{\"a\":"),
        arguments(1, "2}"),
        arguments(0, "1}"),
        done(1, &call("two", "{\"a\":2}")),
        done(0, &renamed),
        completed(&json!([])),
    ];
    let (adapter, _) = Canned::events(sse(&events)).openai();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ends(&events), ["one", "two"]);
    let Some(StreamEvent::Finish { response, .. }) = events.last() else {
        panic!("no end")
    };
    let calls = response.tool_calls();
    assert_eq!(
        (
            calls[0].arguments["a"].clone(),
            calls[1].arguments["a"].clone()
        ),
        (1.into(), 2.into())
    );
}

#[tokio::test]
async fn items_that_come_only_whole_are_told_of_all_the_same() {
    let reasoning =
        json!({"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "e"});
    let output = json!([reasoning, message("m", "Hi"), call("c", "{}")]);
    let as_items = [
        created(),
        done(0, &output[0]),
        done(1, &output[1]),
        done(2, &output[2]),
        completed(&json!([])),
    ];
    let at_the_end = [created(), completed(&output)];
    let mut seen = Vec::new();
    for events in [as_items.as_slice(), at_the_end.as_slice()] {
        let (adapter, _) = Canned::events(sse(events)).openai();
        let (mut events, error) = drain(&adapter, hello()).await;
        assert!(error.is_none(), "{error:?}");
        let Some(StreamEvent::Finish { response, .. }) = events.pop() else {
            panic!("no end")
        };
        assert_eq!(response.text(), "Hi");
        assert!(matches!(
            response.message.content[0],
            ContentPart::RedactedThinking(_)
        ));
        assert_eq!(response.finish_reason.reason, FinishReasonKind::ToolCalls);
        assert_eq!(ends(&events), ["c"]);
        seen.push(events);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn sloppy_gateways_are_understood() {
    // The beginning twice, no item announced or ended, no place named, a foreign end mark.
    let delta = |text: &str| json!({"type": "response.output_text.delta", "delta": text});
    let events = [
        created(),
        created(),
        delta("a"),
        delta("b"),
        completed(&json!([])),
    ];
    let (adapter, _) = Canned::events(sse(&events) + "data: [DONE]").openai();
    assert_eq!(finished(&adapter, hello()).await.text(), "ab");
    // No beginning; the same end twice; arguments as an object, and none at all.
    let mut object = call("c", "");
    object["arguments"] = json!({"a": 1});
    let events = [
        done(0, &object),
        done(0, &object),
        added(1, &call("d", "")),
        done(1, &json!({"type": "function_call"})),
        completed(&json!([])),
    ];
    let (adapter, _) = Canned::events(sse(&events)).openai();
    let calls = finished(&adapter, hello()).await.tool_calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(
        (calls[0].arguments.clone(), calls[1].arguments.clone()),
        (json!({"a": 1}), json!({}))
    );
    assert_eq!((calls[1].id.as_str(), calls[1].name.as_str()), ("d", "rm"));
}

#[tokio::test]
async fn a_refusal_is_text_with_a_finish_reason_of_its_own() {
    let delta = json!({"type": "response.refusal.delta", "output_index": 0, "delta": "I can't."});
    let item = json!({"type": "message", "id": "m", "role": "assistant",
                      "content": [{"type": "refusal", "refusal": "I can't."}]});
    let events = [created(), delta, done(0, &item), completed(&json!([]))];
    let (adapter, _) = Canned::events(sse(&events)).openai();
    let response = finished(&adapter, hello()).await;
    assert_eq!(response.text(), "I can't.");
    assert_eq!(
        response.finish_reason.reason,
        FinishReasonKind::ContentFilter
    );
}

#[tokio::test]
async fn reasoning_in_the_open_and_custom_tools_stream_too() {
    let item = json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "patch", "input": ""});
    let events = [
        created(),
        added(0, &json!({"type": "reasoning", "id": "rs", "summary": []})),
        json!({"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "Hm"}),
        added(1, &item),
        json!({"type": "response.custom_tool_call_input.delta", "output_index": 1, "delta": "*** Begin"}),
        completed(&json!([])),
    ];
    let (adapter, _) = Canned::events(sse(&events)).openai();
    let response = finished(&adapter, hello()).await;
    assert_eq!(response.reasoning().as_deref(), Some("Hm"));
    let Some(ContentPart::ToolCall(call)) = response.message.content.last() else {
        panic!("no call")
    };
    assert_eq!(
        (call.call_type.as_str(), &call.arguments),
        ("custom", &json!("*** Begin"))
    );
    assert!(call.invalid.is_none());
}

#[tokio::test]
async fn a_failure_in_mid_stream_is_classified_and_carries_what_had_arrived() {
    let nested =
        json!({"type": "error", "error": {"code": "rate_limit_exceeded", "message": "slow"}});
    let flat = json!({"type": "error", "code": "server_error", "message": "oops", "param": null});
    let failed = |code: &str, message: &str| {
        json!({"type": "response.failed", "response": {"id": "r", "status": "failed",
               "error": {"code": code, "message": message}}})
    };
    let cases = [
        (nested, ErrorKind::RateLimit, true),
        (flat, ErrorKind::Server, true),
        (
            failed("insufficient_quota", "pay"),
            ErrorKind::QuotaExceeded,
            false,
        ),
        (
            failed("context_length_exceeded", "too long"),
            ErrorKind::ContextLength,
            false,
        ),
        (
            failed("invalid_prompt", "no"),
            ErrorKind::InvalidRequest,
            false,
        ),
        (failed("new_code", "?"), ErrorKind::Unknown, true),
    ];
    for (failure, kind, retryable) in cases {
        let events = [
            created(),
            added(0, &message("m", "")),
            text(0, "He"),
            failure.clone(),
        ];
        let (adapter, _) = Canned::events(sse(&events)).openai();
        let error = drain(&adapter, hello()).await.1.unwrap();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (kind, retryable),
            "{failure}"
        );
        assert_eq!(error.partial_response().unwrap().text(), "He");
        let (adapter, _) = Canned::events(sse(&[failure])).openai();
        let refused = adapter.stream(hello()).await.err().unwrap();
        assert!(refused.kind() == kind && refused.partial_response().is_none());
    }
}

#[tokio::test]
async fn unknown_events_and_items_pass_through_and_are_kept() {
    let search = json!({"type": "web_search_call", "id": "ws", "status": "completed",
                        "action": {"type": "search", "query": "x"}});
    let events = [
        created(),
        json!({"type": "response.brand_new", "x": 1}),
        added(
            0,
            &json!({"type": "web_search_call", "id": "ws", "status": "in_progress"}),
        ),
        json!({"type": "response.web_search_call.searching", "output_index": 0}),
        done(0, &search),
        added(1, &json!(null)),
        done(1, &message("m", "ok")),
        completed(&json!([])),
    ];
    let (adapter, _) = Canned::events(sse(&events)).openai();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    let passed = |event: &&StreamEvent| matches!(event, StreamEvent::ProviderEvent { .. });
    assert!(events.iter().filter(passed).count() >= 4);
    let Some(StreamEvent::Finish { response, .. }) = events.last() else {
        panic!("no end")
    };
    let ContentPart::Other(kept) = &response.message.content[0] else {
        panic!("{:?}", response.message.content)
    };
    assert_eq!(kept.raw, search);
    assert_eq!(response.text(), "ok");
}

#[tokio::test]
async fn a_lone_surrogate_does_not_fail_the_stream() {
    let body = sse(&[created(), text(0, "SURROGATE")]).replace("SURROGATE", "a\\ud83d b")
        + &sse(&[completed(&json!([]))]);
    let (adapter, _) = Canned::events(body).openai();
    assert_eq!(finished(&adapter, hello()).await.text(), "a\u{fffd} b");
}

#[tokio::test]
async fn a_reply_that_is_no_event_stream_is_an_error() {
    let error = json!({"error": {"code": "rate_limit_exceeded", "message": "slow"}});
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
        let (adapter, _) = canned.openai();
        let error = adapter.stream(hello()).await.err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_is_over_stays_over() {
    let (adapter, _) = Canned::events(TURN).openai();
    let mut stream = adapter.stream(hello()).await.unwrap();
    while stream.next().await.is_some() {}
    assert!(stream.next().await.is_none());
}

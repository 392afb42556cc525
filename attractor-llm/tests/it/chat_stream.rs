//! Streams of Chat Completions: whole, cut, in pieces, and as sloppy as the services are.

use attractor_llm::{
    ContentPart, ErrorKind, FinishReasonKind, ProviderAdapter as _, Response, StreamAccumulator,
    StreamEvent,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::{Canned, End, drain, finished, hello};

pub(crate) fn chunk(delta: &Value) -> Value {
    json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
           "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

pub(crate) fn finish(reason: &str) -> Value {
    json!({"id": "c", "model": "m", "choices": [
        {"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn usage() -> Value {
    json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 47, "completion_tokens": 40,
        "total_tokens": 87, "prompt_tokens_details": {"cached_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 9}}})
}

fn text(text: &str) -> Value {
    chunk(&json!({"content": text}))
}

pub(crate) fn call(piece: Value) -> Value {
    chunk(&json!({"tool_calls": [piece]}))
}

pub(crate) fn piece(index: &Value, id: &Value, name: &str, arguments: &str) -> Value {
    call(json!({"index": index, "id": id, "type": "function",
                "function": {"name": name, "arguments": arguments}}))
}

/// The chunks without the mark at the end.
fn open(chunks: &[Value]) -> String {
    chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\n\n"))
        .collect()
}

pub(crate) fn sse(chunks: &[Value]) -> String {
    open(chunks) + "data: [DONE]\n\n"
}

/// Reasoning with its signature, text and two interleaved calls.
fn turn() -> Vec<Value> {
    let detail = |text: &str, signature: Value| {
        json!([{"type": "reasoning.text", "text": text, "signature": signature, "index": 0,
                "format": "anthropic-claude-v1"}])
    };
    vec![
        chunk(&json!({"role": "assistant", "content": ""})),
        chunk(&json!({"reasoning": "Zwei ", "reasoning_details": detail("Zwei ", json!(null))})),
        chunk(&json!({"reasoning": "Städte", "reasoning_details": detail("Städte", json!(null))})),
        chunk(&json!({"reasoning_details": detail("", json!("sig=="))})),
        text("Ich sehe "),
        text("nach: 🌤"),
        piece(&json!(0), &json!("call_1"), "weather", ""),
        piece(&json!(1), &json!("call_2"), "now", ""),
        call(json!({"index": 0, "function": {"arguments": "{\"city\":"}})),
        call(json!({"index": 1, "function": {"arguments": "{}"}})),
        call(json!({"index": 0, "function": {"arguments": "\"Köln\"}"}})),
        finish("tool_calls"),
        usage(),
    ]
}

/// The same answer in one piece.
fn whole() -> Value {
    let calls = json!([
        {"id": "call_1", "type": "function",
         "function": {"name": "weather", "arguments": "{\"city\":\"Köln\"}"}},
        {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": "{}"}}]);
    let mut body = usage();
    body["object"] = "chat.completion".into();
    body["created"] = 1.into();
    body["model"] = "m".into();
    body["choices"] = json!([{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": "Ich sehe nach: 🌤", "reasoning": "Zwei Städte",
        "reasoning_details": [{"type": "reasoning.text", "text": "Zwei Städte", "index": 0,
            "signature": "sig==", "format": "anthropic-claude-v1"}],
        "tool_calls": calls}}]);
    body
}

pub(crate) async fn streamed(body: impl Into<Vec<u8>>) -> Response {
    let (adapter, _) = Canned::events(body).chat();
    finished(&adapter, hello()).await
}

#[tokio::test]
async fn the_events_of_a_turn_come_in_order() {
    let (adapter, _) = Canned::events(sse(&turn())).chat();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    assert_json_snapshot!(events);
}

#[tokio::test]
async fn a_stream_gives_the_response_that_complete_gives() {
    let (adapter, _) = Canned::json(200, &whole()).chat();
    let complete = adapter.complete(hello()).await.unwrap();
    assert_eq!(streamed(sse(&turn())).await, complete);
    assert_eq!(complete.usage.reasoning_tokens, Some(9));
    assert_eq!(complete.usage.cache_read_tokens, Some(30));
}

#[tokio::test]
async fn the_accumulator_gives_the_response_that_complete_gives() {
    let (adapter, _) = Canned::events(sse(&turn())).chat();
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
    let body = sse(&turn());
    let (adapter, _) = Canned::events(body.as_str()).chat();
    let expected = drain(&adapter, hello()).await.0;
    for piece in [1, 2, 3, 5, 17, 64, 1000] {
        let (adapter, _) = Canned::events(body.as_str()).piece(piece).chat();
        assert_eq!(
            drain(&adapter, hello()).await.0,
            expected,
            "in pieces of {piece}"
        );
    }
}

#[tokio::test]
async fn a_stream_cut_before_its_reason_is_an_error_with_what_had_arrived() {
    let mut chunks = turn();
    chunks.truncate(11);
    let body = open(&chunks);
    for cut in (0..=body.len()).step_by(3) {
        for end in [End::Closed, End::Broken] {
            let (adapter, _) = Canned::events(&body.as_bytes()[..cut]).end(end).chat();
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
            assert!(
                partial
                    .tool_calls()
                    .iter()
                    .all(|call| call.invalid.is_some())
            );
        }
    }
}

#[tokio::test]
async fn the_mark_at_the_end_may_be_missing_and_nothing_is_waited_for_after_it() {
    let expected = streamed(sse(&turn())).await;
    assert_eq!(streamed(open(&turn())).await, expected);
    let (adapter, _) = Canned::events(sse(&turn())).end(End::Silent).chat();
    assert_eq!(finished(&adapter, hello()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_told_everything_may_stay_open_without_the_mark() {
    let (adapter, _) = Canned::events(open(&turn())).end(End::Silent).chat();
    assert_eq!(finished(&adapter, hello()).await.tool_calls().len(), 2);
}

#[tokio::test]
async fn the_mark_without_a_reason_is_no_success_unless_the_service_gives_none() {
    for chunks in [vec![], vec![text("4")], vec![text("4"), finish("")]] {
        let (adapter, _) = Canned::events(sse(&chunks)).chat();
        let error = drain(&adapter, hello()).await.1.unwrap();
        assert_eq!(error.kind(), ErrorKind::Stream, "{chunks:?}");
    }
    let snowflake = "https://acme.snowflakecomputing.com/api/v2/cortex/v1";
    let (adapter, _) = Canned::events(sse(&[text("4"), finish("")])).chat_at(snowflake);
    let response = finished(&adapter, hello()).await;
    assert_eq!(response.finish_reason.reason, FinishReasonKind::Other);
    assert_eq!(response.text(), "4");
}

#[tokio::test]
async fn usage_counts_wherever_it_comes() {
    let with_reason = {
        let mut last = finish("stop");
        last["usage"] = usage()["usage"].clone();
        last
    };
    let in_groq = json!({"choices": [], "usage": null, "x_groq": {"usage": usage()["usage"]}});
    let empty = json!({"choices": [], "usage": {}});
    let cases = [
        vec![usage(), text("a"), finish("stop")],
        vec![text("a"), finish("stop"), usage()],
        vec![text("a"), with_reason],
        vec![text("a"), finish("stop"), empty.clone(), usage(), empty],
        vec![text("a"), finish("stop"), in_groq],
    ];
    for chunks in cases {
        let response = streamed(sse(&chunks)).await;
        assert_eq!(response.usage.total_input_tokens(), 47, "{chunks:?}");
        assert_eq!(response.text(), "a");
    }
    let none = streamed(sse(&[
        text("a"),
        finish("stop"),
        json!({"choices": [], "usage": {}}),
    ]));
    assert_eq!(none.await.usage.total_tokens, 0);
}

#[tokio::test]
async fn chunks_may_lack_everything_but_their_delta() {
    let bare = |delta: Value| json!({"choices": [{"delta": delta}]});
    let mut tier = text("b");
    tier["service_tier"] = "on_demand".into();
    tier["choices"][0]["finish_reason"] = "".into();
    let chunks = [
        json!({"id": "", "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
        bare(json!({"role": null, "content": "a", "tool_calls": null, "reasoning": null})),
        tier,
        json!({"choices": [{"finish_reason": "stop"}], "time_info": {"total_time": 1}}),
    ];
    let body = format!(": OPENROUTER PROCESSING\n\n{}", sse(&chunks));
    let response = streamed(body).await;
    assert_eq!(
        (response.text().as_str(), response.id.as_str()),
        ("ab", "c")
    );
    let raw = response.raw.unwrap();
    assert_eq!(
        (&raw["service_tier"], &raw["time_info"]["total_time"]),
        (&json!("on_demand"), &json!(1))
    );
}

#[tokio::test]
async fn reasoning_is_read_from_every_field_and_once_where_two_say_the_same() {
    let thinking =
        |text: &str| json!([{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]);
    let deltas = [
        |said: &str| json!({"reasoning_content": said}),
        |said: &str| json!({"reasoning": said}),
        |said: &str| json!({"reasoning": said, "reasoning_content": said, "content": null}),
        |said: &str| json!({"reasoning_details": [{"type": "reasoning.summary", "summary": said, "index": 0}]}),
    ];
    let mut cases: Vec<Vec<Value>> = deltas
        .iter()
        .map(|delta| vec![chunk(&delta("Hm, ")), chunk(&delta("so."))])
        .collect();
    cases.push(vec![
        chunk(&json!({"content": thinking("Hm, ")})),
        chunk(&json!({"content": thinking("so.")})),
    ]);
    for mut chunks in cases {
        chunks.extend([chunk(&json!({"content": "Four"})), finish("stop")]);
        let response = streamed(sse(&chunks)).await;
        assert_eq!(
            response.reasoning().as_deref(),
            Some("Hm, so."),
            "{chunks:?}"
        );
        assert_eq!(response.text(), "Four");
        assert!(matches!(
            response.message.content[0],
            ContentPart::Thinking(_)
        ));
    }
}

#[tokio::test]
async fn a_refusal_is_text_and_what_stopped_the_answer() {
    let refuse = |text: &str| chunk(&json!({"refusal": text, "content": null}));
    let response = streamed(sse(&[refuse("I "), refuse("won't."), finish("stop")])).await;
    assert_eq!(response.text(), "I won't.");
    assert_eq!(
        response.finish_reason.reason,
        FinishReasonKind::ContentFilter
    );
}

#[tokio::test]
async fn other_choices_and_chunks_of_the_future_are_passed_on() {
    let mut second = text("b");
    second["choices"][0]["index"] = 1.into();
    let chunks = [text("a"), second, json!({"type": "future"}), finish("stop")];
    let (adapter, _) = Canned::events(sse(&chunks)).chat();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    let passed = events
        .iter()
        .filter(|it| matches!(it, StreamEvent::ProviderEvent { .. }));
    assert_eq!(passed.count(), 2);
    assert!(
        matches!(events.last(), Some(StreamEvent::Finish { response, .. }) if response.text() == "a")
    );
}

#[tokio::test]
async fn an_error_in_the_middle_has_its_kind_and_what_had_arrived() {
    let choices = json!([{"index": 0, "delta": {}, "finish_reason": "error"}]);
    let cases = [
        (
            json!({"error": {"code": 502, "message": "gone"}, "choices": choices}),
            ErrorKind::Server,
        ),
        (json!({"error": "overloaded"}), ErrorKind::Server),
        (
            json!({"error": {"type": "rate_limit_error", "message": "slow"}}),
            ErrorKind::RateLimit,
        ),
        (
            json!({"object": "error", "message": "bad", "code": 400}),
            ErrorKind::InvalidRequest,
        ),
        (
            json!({"error": {"code": "tool_use_failed", "status_code": 400, "message": "no"}}),
            ErrorKind::InvalidRequest,
        ),
    ];
    for (error, kind) in cases {
        let (adapter, _) = Canned::events(sse(&[text("Hel"), error.clone()])).chat();
        let failure = drain(&adapter, hello()).await.1.unwrap();
        assert_eq!(failure.kind(), kind, "{error}");
        assert_eq!(failure.partial_response().unwrap().text(), "Hel");
    }
    let (adapter, _) = Canned::events("data: <html>\n\n").chat();
    assert_eq!(
        drain(&adapter, hello()).await.1.unwrap().kind(),
        ErrorKind::Stream
    );
}

#[tokio::test]
async fn citations_and_logprobs_are_kept() {
    let mut first = text("So");
    first["choices"][0]["logprobs"] = json!({"content": [{"token": "So"}]});
    let mut last = chunk(&json!({"content": ".", "annotations": [{"type": "url_citation"}]}));
    last["choices"][0]["logprobs"] = json!({"content": [{"token": "."}], "refusal": null});
    let response = streamed(sse(&[first, last, finish("stop")])).await;
    let choice = &response.raw.as_ref().unwrap()["choices"][0];
    assert_eq!(choice["logprobs"]["content"].as_array().unwrap().len(), 2);
    let ContentPart::Text(part) = &response.message.content[0] else {
        panic!("{:?}", response.message)
    };
    let kept = part.provider_metadata.as_ref().unwrap();
    assert_eq!(kept["chat"]["annotations"][0]["type"], "url_citation");
}

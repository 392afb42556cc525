//! What comes from the Gemini API, whole and in pieces.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::{
    ContentPart, ErrorKind, FinishReasonKind, ProviderAdapter as _, Response, StreamEvent,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::canned::{Canned, End, drain, finished, hello};

/// One piece of a stream with these parts.
fn piece(parts: Value) -> Value {
    json!({
        "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
        "modelVersion": "gemini-3-flash", "responseId": "r1",
        "usageMetadata": {"trafficType": "ON_DEMAND"},
    })
}

fn ended(parts: Value, reason: &str) -> Value {
    let mut piece = piece(parts);
    piece["candidates"][0]["finishReason"] = reason.into();
    piece["usageMetadata"] = json!({
        "promptTokenCount": 20, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 7,
        "thoughtsTokenCount": 11, "cachedContentTokenCount": 16, "totalTokenCount": 43,
    });
    piece
}

/// Thoughts, text, a signature on nothing, two calls (one without arguments), and the end.
fn turn() -> Vec<Value> {
    vec![
        piece(json!([{"text": "Ich ", "thought": true}])),
        piece(json!([{"text": "denke.", "thought": true}])),
        piece(json!([{"text": "Ich sehe"}, {"text": " nach: 🌤"}])),
        piece(json!([{"text": "", "thoughtSignature": "c2ln"}])),
        piece(json!([{"functionCall": {"name": "now"}, "thoughtSignature": "c2ln2"}])),
        piece(json!([{"functionCall": {"id": "x1", "name": "weather", "args": {"city": "Köln"}}}])),
        ended(json!([{"text": ""}]), "STOP"),
    ]
}

fn events(pieces: &[Value]) -> String {
    pieces
        .iter()
        .map(|it| format!("data: {it}\r\n\r\n"))
        .collect()
}

fn canned(pieces: &[Value]) -> Canned {
    Canned::events(events(pieces))
}

async fn streamed(pieces: &[Value]) -> Response {
    let (adapter, _) = canned(pieces).gemini();
    finished(&adapter, hello()).await
}

async fn complete(reply: &Value) -> Response {
    let (adapter, _) = Canned::json(200, reply).gemini();
    adapter.complete(hello()).await.unwrap()
}

#[tokio::test]
async fn the_events_of_a_turn_come_in_order() {
    let (adapter, _) = canned(&turn()).gemini();
    let (events, error) = drain(&adapter, hello()).await;
    assert!(error.is_none(), "{error:?}");
    assert_json_snapshot!(events);
}

#[tokio::test]
async fn a_stream_gives_the_response_that_complete_gives() {
    let streamed = streamed(&turn()).await;
    let whole = complete(streamed.raw.as_ref().unwrap()).await;
    assert_eq!(streamed, whole);
    let usage = &streamed.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (25, 7));
    assert_eq!((usage.reasoning_tokens, usage.total_tokens), (Some(11), 43));
    assert_eq!(usage.cache_read_tokens, Some(16));
    assert_eq!(streamed.finish_reason.reason, FinishReasonKind::ToolCalls);
}

#[tokio::test]
async fn an_array_and_lines_of_json_mean_the_same_as_events() {
    let expected = streamed(&turn()).await;
    let array = json!(turn()).to_string();
    let lines: String = turn().iter().map(|it| format!("{it}\n")).collect();
    for body in [&array, &lines] {
        for size in [1, 7, 1000] {
            let canned = Canned::new(200, "application/json; charset=UTF-8", body.as_str());
            let (adapter, _) = canned.piece(size).gemini();
            assert_eq!(finished(&adapter, hello()).await, expected);
        }
    }
    assert_eq!(complete(&json!(turn())).await, expected);
}

#[tokio::test]
async fn a_stream_cut_at_any_byte_is_an_error_with_what_had_arrived() {
    let body = events(&turn());
    let last = body.rfind("data:").unwrap();
    for cut in (0..body.trim_end().len()).filter(|cut| cut % 7 == 0 || *cut > last) {
        for end in [End::Closed, End::Broken] {
            let (adapter, _) = Canned::events(&body.as_bytes()[..cut]).end(end).gemini();
            let (events, error) = drain(&adapter, hello()).await;
            let error = error.unwrap_or_else(|| panic!("cut at {cut} is a success"));
            assert_eq!(error.kind(), ErrorKind::Stream, "cut at {cut}");
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

#[tokio::test(start_paused = true)]
async fn usage_after_the_end_counts_and_an_open_connection_is_left() {
    let mut late = turn();
    let usage = late.last_mut().unwrap()["usageMetadata"].take();
    late.push(json!({"usageMetadata": usage}));
    let (adapter, _) = canned(&late).end(End::Silent).gemini();
    let begun = tokio::time::Instant::now();
    assert_eq!(finished(&adapter, hello()).await.usage.total_tokens, 43);
    assert!(begun.elapsed().as_secs() < 3);
}

#[tokio::test]
async fn arguments_that_come_piece_by_piece_are_put_together() {
    let call = |call: Value| piece(json!([{"functionCall": call}]));
    let grows = |path: &str, text: &str, more: bool| {
        let piece = json!({"jsonPath": path, "stringValue": text, "willContinue": more});
        call(json!({"partialArgs": [piece], "willContinue": true}))
    };
    let pieces = [
        piece(
            json!([{"functionCall": {"name": "cook", "willContinue": true}, "thoughtSignature": "s"}]),
        ),
        grows("$.list[0].name", "Nu", true),
        grows("$.list[0].name", "deln", false),
        call(json!({"partialArgs": [{"jsonPath": "$.list[0].grams", "numberValue": 250}]})),
        call(json!({"name": "now", "willContinue": true})),
        call(json!({})),
        ended(json!([]), "STOP"),
    ];
    let response = streamed(&pieces).await;
    let calls = response.tool_calls();
    assert_eq!(
        calls[0].arguments,
        json!({"list": [{"name": "Nudeln", "grams": 250}]})
    );
    assert_eq!(
        (calls[1].name.as_str(), &calls[1].arguments),
        ("now", &json!({}))
    );
    assert!(calls.iter().all(|call| call.invalid.is_none()));
    let (adapter, _) = canned(&pieces[..3]).gemini();
    let error = drain(&adapter, hello()).await.1.unwrap();
    assert!(
        error.partial_response().unwrap().tool_calls()[0]
            .invalid
            .is_some()
    );
}

#[tokio::test]
async fn each_reason_to_finish_has_its_kind() {
    let cases = [
        (json!("STOP"), FinishReasonKind::Stop),
        (json!(1), FinishReasonKind::Stop),
        (json!("MAX_TOKENS"), FinishReasonKind::Length),
        (json!("SAFETY"), FinishReasonKind::ContentFilter),
        (json!("RECITATION"), FinishReasonKind::ContentFilter),
        (json!("MODEL_ARMOR"), FinishReasonKind::ContentFilter),
        (json!("MALFORMED_FUNCTION_CALL"), FinishReasonKind::Error),
        (json!("UNEXPECTED_TOOL_CALL"), FinishReasonKind::Other),
        (json!("REASON_OF_TOMORROW"), FinishReasonKind::Other),
    ];
    for (raw, kind) in cases {
        let mut reply = ended(json!([{"text": "a"}]), "");
        reply["candidates"][0]["finishReason"] = raw.clone();
        assert_eq!(complete(&reply).await.finish_reason.reason, kind, "{raw}");
        assert_eq!(streamed(&[reply]).await.finish_reason.reason, kind, "{raw}");
    }
}

#[tokio::test]
async fn a_blocked_prompt_is_an_empty_answer_that_says_why() {
    let reply = json!({
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
    });
    for response in [
        complete(&reply).await,
        streamed(std::slice::from_ref(&reply)).await,
    ] {
        assert_eq!(
            response.finish_reason.reason,
            FinishReasonKind::ContentFilter
        );
        assert_eq!(
            response.finish_reason.raw.as_deref(),
            Some("PROHIBITED_CONTENT")
        );
        assert_eq!(
            (response.text().as_str(), response.usage.input_tokens),
            ("", 4)
        );
    }
}

#[tokio::test]
async fn a_call_that_the_limit_cut_off_is_not_to_be_executed() {
    let call = json!([{"functionCall": {"name": "now", "args": {"a": 1}}}]);
    let pieces = [piece(call), ended(json!([]), "MAX_TOKENS")];
    let (adapter, _) = canned(&pieces).gemini();
    let (events, _) = drain(&adapter, hello()).await;
    let told = events.iter().find_map(|event| match event {
        StreamEvent::ToolCallEnd { tool_call } => tool_call.invalid.clone(),
        _ => None,
    });
    assert!(told.is_some());
    assert!(streamed(&pieces).await.tool_calls()[0].invalid.is_some());
}

#[tokio::test]
async fn what_grounds_the_answer_stays_with_its_text() {
    let mut first = piece(json!([{"text": "Sunny."}]));
    first["candidates"][0]["urlContextMetadata"] = json!({"urlMetadata": [{"retrievedUrl": "u"}]});
    first["candidates"][0]["groundingMetadata"] = json!({});
    let mut last = ended(json!([{"executableCode": {"code": "1"}}]), "STOP");
    last["candidates"][0]["groundingMetadata"] = json!({"webSearchQueries": ["weather"]});
    let response = streamed(&[first, last]).await;
    let [ContentPart::Text(text), ContentPart::Other(code)] = response.message.content.as_slice()
    else {
        panic!("{:?}", response.message)
    };
    let kept = &text.provider_metadata.as_ref().unwrap()["gemini"]["candidate"];
    assert_eq!(
        kept["groundingMetadata"]["webSearchQueries"],
        json!(["weather"])
    );
    assert_eq!(
        kept["urlContextMetadata"]["urlMetadata"][0]["retrievedUrl"],
        "u"
    );
    assert_eq!(
        (code.kind.as_str(), &code.raw),
        ("executableCode", &json!({"executableCode": {"code": "1"}}))
    );
}

#[tokio::test]
async fn media_in_an_answer_are_parts_of_it() {
    let inline = |kind: &str| json!({"inlineData": {"mimeType": kind, "data": "AAEC"}});
    let parts = json!([
        inline("image/png"),
        inline("audio/L16;rate=24000"),
        inline("text/csv")
    ]);
    let response = streamed(&[ended(parts, "STOP")]).await;
    let kinds: Vec<String> = response
        .message
        .content
        .iter()
        .map(|it| it.kind().to_string())
        .collect();
    assert_eq!(kinds, ["image", "audio", "document"]);
}

#[tokio::test]
async fn calls_without_ids_get_ids_that_no_other_call_has() {
    let call = json!({"functionCall": {"name": "now"}});
    let mut reply = ended(json!([call, call]), "STOP");
    let numbered = complete(&reply).await;
    let ids: Vec<String> = numbered
        .tool_calls()
        .into_iter()
        .map(|call| call.id)
        .collect();
    assert_eq!(ids, ["call_r1_0", "call_r1_1"]);
    reply.as_object_mut().unwrap().remove("responseId");
    let unnumbered = [complete(&reply).await, streamed(&[reply]).await];
    let ids = unnumbered
        .iter()
        .flat_map(Response::tool_calls)
        .map(|call| call.id);
    assert_eq!(ids.collect::<std::collections::HashSet<_>>().len(), 4);
}

//! Tool calls in streams of Chat Completions, numbered and spelt in every way that services do.

use attractor_llm::{FinishReasonKind, ProviderAdapter as _, StreamEvent};
use serde_json::{Value, json};

use crate::canned::{Canned, drain, hello};
use crate::chat_stream::{call, chunk, finish, piece, sse, streamed};

#[tokio::test]
async fn calls_are_told_apart_however_they_are_numbered() {
    let none = Value::Null;
    let (zero, one) = (json!(0), json!(1));
    let (a, b) = (json!("a"), json!("b"));
    let cases = [
        (
            "numbered",
            vec![
                piece(&zero, &a, "x", "{"),
                piece(&one, &b, "y", "{"),
                piece(&zero, &none, "", "}"),
                piece(&one, &none, "", "}"),
            ],
        ),
        (
            "all of one number",
            vec![piece(&zero, &a, "x", "{}"), piece(&zero, &b, "y", "{}")],
        ),
        (
            "without numbers",
            vec![
                piece(&none, &a, "x", "{"),
                piece(&none, &none, "", "}"),
                piece(&none, &b, "y", "{}"),
            ],
        ),
        (
            "by id alone",
            vec![
                piece(&none, &a, "x", "{"),
                piece(&none, &b, "y", "{"),
                piece(&none, &a, "", "}"),
                piece(&none, &b, "", "}"),
            ],
        ),
        (
            "with id and name in every piece",
            vec![
                piece(&zero, &a, "x", "{"),
                piece(&zero, &a, "x", "}"),
                piece(&one, &b, "y", "{"),
                piece(&one, &b, "y", "}"),
            ],
        ),
        (
            "an id that changes inside a call",
            vec![
                piece(&zero, &a, "x", "{"),
                piece(&zero, &json!("other"), "", "}"),
                piece(&one, &b, "y", "{}"),
            ],
        ),
    ];
    for (what, mut chunks) in cases {
        chunks.push(finish("tool_calls"));
        let response = streamed(sse(&chunks)).await;
        let calls = response.tool_calls();
        let told: Vec<_> = calls
            .iter()
            .map(|call| (call.id.as_str(), call.name.as_str()))
            .collect();
        assert_eq!(told, [("a", "x"), ("b", "y")], "{what}");
        assert!(calls.iter().all(|call| call.invalid.is_none()), "{what}");
    }
}

#[tokio::test]
async fn calls_without_ids_get_one_and_those_of_one_name_stay_two() {
    let none = Value::Null;
    let chunks = [
        piece(&none, &none, "x", "{\"a\":1}"),
        piece(&none, &none, "x", "{\"a\":2}"),
        finish("stop"),
    ];
    let response = streamed(sse(&chunks)).await;
    let calls = response.tool_calls();
    assert_eq!(
        (calls[0].id.as_str(), calls[1].id.as_str()),
        ("call_0", "call_1")
    );
    assert_eq!(calls[1].arguments, json!({"a": 2}));
    // They stopped the answer, whatever the word.
    assert_eq!(response.finish_reason.reason, FinishReasonKind::ToolCalls);
}

#[tokio::test]
async fn arguments_may_be_an_object_nothing_or_null_and_a_call_of_the_older_form() {
    let object = call(json!({"index": 0, "id": "a", "function": {
        "name": "x", "arguments": {"b": 1}}}));
    let older = chunk(&json!({"function_call": {"name": "x", "arguments": "{\"b\":"}}));
    let rest = chunk(&json!({"function_call": {"arguments": "1}"}}));
    let cases = [
        (vec![object], json!({"b": 1})),
        (vec![older, rest], json!({"b": 1})),
        (vec![piece(&json!(0), &json!("a"), "x", "")], json!({})),
        (vec![piece(&json!(0), &json!("a"), "x", "null")], json!({})),
    ];
    for (mut chunks, expected) in cases {
        chunks.push(finish("tool_calls"));
        let response = streamed(sse(&chunks)).await;
        let calls = response.tool_calls();
        assert_eq!(
            (calls.len(), &calls[0].arguments),
            (1, &expected),
            "{chunks:?}"
        );
        assert!(calls[0].invalid.is_none(), "{chunks:?}");
    }
}

#[tokio::test]
async fn a_call_cut_off_by_the_token_limit_is_invalid_however_its_arguments_look() {
    for given in ["", "{\"path\": \"/a", "{\"path\": \"/a\"}"] {
        let chunks = [
            piece(&json!(0), &json!("a"), "rm", ""),
            call(json!({"index": 0, "function": {"arguments": given}})),
            finish("length"),
        ];
        let (adapter, _) = Canned::events(sse(&chunks)).chat();
        let (events, error) = drain(&adapter, hello()).await;
        assert!(error.is_none());
        let ended = events.iter().find_map(|event| match event {
            StreamEvent::ToolCallEnd { tool_call } => Some(tool_call),
            _ => None,
        });
        let ended = ended.unwrap();
        assert!(ended.invalid.is_some(), "{given}");
        assert_eq!(ended.raw_arguments.as_deref(), Some(given));
    }
}

#[tokio::test]
async fn arguments_go_back_as_an_object_that_every_parser_takes() {
    for (raw, expected) in [
        ("null", "{}"),
        ("{ \"a\": 1 }", "{ \"a\": 1 }"),
        (r#"{"a":"x\ud83d"}"#, "{\"a\":\"x\u{fffd}\"}"),
        ("{\"a\":", "{}"),
    ] {
        let chunks = [
            piece(&json!(0), &json!("a"), "x", raw),
            finish("tool_calls"),
        ];
        let response = streamed(sse(&chunks)).await;
        let (adapter, canned) = Canned::events("").chat();
        let mut request = hello();
        request.messages.push(response.message);
        let _ = adapter.complete(request).await;
        let call = &canned.body_sent()["messages"][1]["tool_calls"][0];
        assert_eq!(call["function"]["arguments"], expected, "{raw}");
    }
}

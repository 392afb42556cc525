//! Whatever the conversation, what goes out is what Chat Completions takes; whatever comes in ends in
//! a response or in one error, read in the quick way or in the other.

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    ContentPart, Message, OpenAiCompatibleAdapter, Origin, OtherData, ProviderAdapter as _,
    Request, Role, StreamEvent, ThinkingData, ToolCallData, ToolChoice, ToolDefinition,
    ToolResultData,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::canned::{Canned, drain, hello};

fn id() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("c|d/e"), Just("")].prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(""), Just("  \n"), Just("word"), Just("ü👋")].prop_map(str::to_owned)
}

fn part() -> impl Strategy<Value = ContentPart> {
    let model = prop_oneof![Just("m"), Just("other")];
    let thinking =
        (text(), text(), model, any::<bool>()).prop_map(|(text, signature, model, own)| {
            let mut data = ThinkingData::new(text).signature(signature);
            data.origin = Some(Origin::new("chat", model)).filter(|_| own);
            ContentPart::Thinking(data)
        });
    let other = |provider: &'static str| {
        let raw = json!({"type": "reference", "reference_ids": [1]});
        ContentPart::Other(OtherData::new("reference", provider, raw))
    };
    prop_oneof![
        text().prop_map(ContentPart::text),
        id().prop_map(|id| ContentPart::ToolCall(ToolCallData::new(id, "now", json!({})))),
        (id(), text(), any::<bool>()).prop_map(|(id, text, is_error)| {
            ContentPart::ToolResult(ToolResultData::new(id, text).is_error(is_error))
        }),
        thinking,
        Just(other("anthropic")),
        Just(other("chat")),
    ]
}

/// A part that may stand in a message of this role.
fn fits(role: Role, part: &ContentPart) -> bool {
    match part {
        ContentPart::ToolCall(_) | ContentPart::Thinking(_) => role == Role::Assistant,
        ContentPart::Other(data) => role == Role::Assistant || data.provider != "chat",
        ContentPart::ToolResult(_) => role == Role::Tool,
        _ => true,
    }
}

fn message() -> impl Strategy<Value = Message> {
    let roles = [
        Role::System,
        Role::Developer,
        Role::User,
        Role::Assistant,
        Role::Tool,
    ];
    let roles = proptest::strategy::Union::new(roles.map(Just).to_vec());
    (roles, prop::collection::vec(part(), 0..5)).prop_map(|(role, mut parts)| {
        parts.retain(|part| fits(role, part));
        Message::new(role, parts)
    })
}

fn request() -> impl Strategy<Value = Request> {
    let choice = prop_oneof![
        Just(None),
        Just(Some(ToolChoice::Auto)),
        Just(Some(ToolChoice::None)),
        Just(Some(ToolChoice::Required)),
    ];
    let messages = prop::collection::vec(message(), 0..12);
    let compat = prop_oneof![
        Just(json!({})),
        Just(json!({"system_first": false, "developer_role": true, "cache_control": true})),
        Just(json!({"reasoning_replay": "text", "tool_result_name": true})),
        Just(json!({"assistant_after_tool_result": true, "reasoning_with_calls": true})),
    ];
    let all = (messages, choice, any::<bool>(), compat);
    all.prop_map(|(mut messages, tool_choice, tools, compat)| {
        messages.push(Message::user("go on"));
        let mut request = Request::new("m", messages).provider_option("chat", "compat", compat);
        request.tool_choice = tool_choice;
        if tools {
            let now = ToolDefinition::new("now", "The time", json!({"type": "object"}));
            request.tools.extend(now);
        }
        request
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..Default::default()
    }
}

#[test]
fn any_conversation_becomes_a_request_that_the_api_takes() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let script = Script::new().turn(Turn::text("ok").repeat());
    let server = runtime.block_on(ScriptedServer::start(script)).unwrap();
    let adapter = OpenAiCompatibleAdapter::builder("chat", server.base_url())
        .build()
        .unwrap();
    proptest!(config(200), |(request in request())| {
        let result = runtime.block_on(adapter.complete(request));
        prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    });
}

/// Something where a text, a list or nothing is expected.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(7)),
        Just(json!("")),
        Just(json!("x")),
        Just(json!([])),
        Just(json!({"a": [1]})),
        Just(json!([1, {"type": "text", "text": "y"}, {"type": "thinking", "thinking": "z"}, "w"])),
        Just(json!([{"type": "reasoning.text", "text": "t", "index": 0}, {"data": "d"}, 3])),
        Just(json!([{"index": 0, "id": "i", "function": {"name": "n", "arguments": "{"}}, 5])),
        Just(json!([{"index": null, "function": {"arguments": "}"}}, {"custom": {"name": "c"}}])),
    ]
}

fn chunk() -> impl Strategy<Value = Value> {
    let index = prop_oneof![
        Just(json!(0)),
        Just(json!(1)),
        Just(json!(null)),
        Just(json!("a"))
    ];
    let reason = prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("length")),
        Just(json!(3))
    ];
    let keys = prop_oneof![
        Just("content"),
        Just("reasoning"),
        Just("reasoning_details"),
        Just("tool_calls"),
        Just("function_call"),
        Just("refusal"),
        Just("audio"),
        Just("images"),
    ];
    let delta = prop::collection::vec((keys, odd()), 0..3);
    (index, reason, delta, odd()).prop_map(|(index, reason, delta, usage)| {
        let delta: serde_json::Map<String, Value> = delta
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        json!({"id": "c", "usage": usage, "choices": [
            {"index": index, "delta": delta, "finish_reason": reason}]})
    })
}

#[test]
fn any_stream_ends_in_a_response_or_in_one_error() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    proptest!(config(500), |(chunks in prop::collection::vec(chunk(), 0..20))| {
        let stop = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
        let chunks = chunks.iter().chain([&stop]);
        let body: String = chunks.map(|chunk| format!("data: {chunk}\n\n")).collect();
        let (adapter, _) = Canned::events(body + "data: [DONE]\n\n").chat();
        let (events, error) = runtime.block_on(drain(&adapter, hello()));
        let finished = matches!(events.last(), Some(StreamEvent::Finish { .. }));
        prop_assert!(finished != error.is_some());
    });
}

/// A chunk of the sort that is read in the quick way.
fn plain() -> impl Strategy<Value = Value> {
    let said = prop_oneof![Just("a"), Just("\"\n\\"), Just("ü👋"), Just("")];
    let delta = (said, 0..6).prop_map(|(said, kind)| match kind {
        0 => json!({"content": said}),
        1 => json!({"reasoning": said, "content": null}),
        2 => json!({"reasoning_content": said, "role": "assistant", "content": ""}),
        3 => json!({"tool_calls": [{"index": 0, "id": "i", "function": {"name": "n", "arguments": said}}]}),
        4 => json!({"tool_calls": [{"index": 0, "function": {"arguments": said}}]}),
        _ => json!({"content": said, "reasoning": said, "refusal": null}),
    });
    delta.prop_map(|delta| {
        json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
               "usage": null, "choices": [
                   {"index": 0, "delta": delta, "logprobs": null, "finish_reason": null}]})
    })
}

#[test]
fn the_quick_way_of_reading_gives_what_the_other_gives() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    proptest!(config(200), |(chunks in prop::collection::vec(plain(), 0..20))| {
        // A field that isn't known, and says nothing, is enough for the slow way.
        let slow = |mut chunk: Value| {
            chunk["future"] = Value::Null;
            chunk
        };
        let read = |chunks: Vec<Value>| {
            let stop = json!({"id": "c", "choices": [{"delta": {}, "finish_reason": "stop"}]});
            let body: String =
                chunks.iter().chain([&stop]).map(|chunk| format!("data: {chunk}\n\n")).collect();
            let (adapter, _) = Canned::events(body).chat();
            runtime.block_on(drain(&adapter, hello())).0
        };
        prop_assert_eq!(read(chunks.clone()), read(chunks.into_iter().map(slow).collect()));
    });
}

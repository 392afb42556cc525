//! Whatever the conversation, what goes out is what the Messages API takes.

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    AnthropicAdapter, ContentPart, Message, Origin, OtherData, ProviderAdapter as _, Request, Role,
    StreamEvent, ThinkingData, ToolCallData, ToolChoice, ToolDefinition, ToolResultData,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::canned::{Canned, drain, hello};

fn id() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("c|d/e"), Just("")].prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(""),
        Just("  \n"),
        Just("word"),
        Just("trailing \n"),
        Just("ü👋")
    ]
    .prop_map(str::to_owned)
}

fn part() -> impl Strategy<Value = ContentPart> {
    let model = prop_oneof![Just("claude-opus-4-6"), Just("other")];
    let thinking = (text(), text(), model).prop_map(|(text, signature, model)| {
        let origin = Origin::new("anthropic", model);
        ContentPart::Thinking(ThinkingData::new(text).signature(signature).origin(origin))
    });
    let foreign = OtherData::new("item", "openai", json!({"type": "item"}));
    prop_oneof![
        text().prop_map(ContentPart::text),
        id().prop_map(|id| ContentPart::ToolCall(ToolCallData::new(id, "now", json!({})))),
        (id(), text(), any::<bool>()).prop_map(|(id, text, is_error)| {
            ContentPart::ToolResult(ToolResultData::new(id, text).is_error(is_error))
        }),
        thinking,
        Just(ContentPart::Other(foreign)),
    ]
}

/// A part that may stand in a message of this role.
fn fits(role: Role, part: &ContentPart) -> bool {
    match part {
        ContentPart::ToolCall(_) | ContentPart::Thinking(_) => role == Role::Assistant,
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
    ]
    .map(Just)
    .to_vec();
    (
        proptest::strategy::Union::new(roles),
        prop::collection::vec(part(), 0..5),
    )
        .prop_map(|(role, mut parts)| {
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
    (
        prop::collection::vec(message(), 0..12),
        choice,
        any::<bool>(),
    )
        .prop_map(|(mut messages, tool_choice, tools)| {
            messages.push(Message::user("go on"));
            let mut request = Request::new("claude-opus-4-6", messages).reasoning_effort("low");
            request.tool_choice = tool_choice.filter(|_| tools);
            if tools {
                let now = ToolDefinition::new("now", "The time", json!({"type": "object"}));
                request.tools.extend(now);
            }
            request
        })
}

#[test]
fn any_conversation_becomes_a_request_that_the_api_takes() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let script = Script::new().turn(Turn::text("ok").repeat());
    let server = runtime.block_on(ScriptedServer::start(script)).unwrap();
    let adapter = AnthropicAdapter::builder("key")
        .base_url(server.base_url())
        .build()
        .unwrap();
    proptest!(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() }, |(request in request())| {
        let result = runtime.block_on(adapter.complete(request));
        prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    });
}

/// An event of the stream, sound or not.
fn event() -> impl Strategy<Value = Value> {
    let odd = prop_oneof![
        Just(Value::Null),
        Just(json!(7)),
        Just(json!("x")),
        Just(json!([])),
        Just(json!({"type": "text", "text": 5})),
        Just(json!({"type": "tool_use", "id": "t", "name": "now", "input": []})),
        Just(json!({"type": "thinking"})),
        Just(json!({"type": "text_delta", "text": "a"})),
        Just(json!({"type": "input_json_delta", "partial_json": "{"})),
        Just(json!({"type": "citations_delta", "citation": 1})),
        Just(json!({"type": "signature_delta"})),
        Just(json!({"stop_reason": "max_tokens", "citations": 3})),
        Just(json!({"id": "m", "usage": 3, "content": [{"type": "tool_use"}, 1]})),
        Just(json!({"input_tokens": "many", "output_tokens": -1})),
    ];
    let kind = prop_oneof![
        Just("message_start"),
        Just("content_block_start"),
        Just("content_block_delta"),
        Just("content_block_stop"),
        Just("message_delta"),
        Just("new_event"),
    ];
    (kind, 0_u64..3, odd.clone(), odd).prop_map(|(kind, index, value, usage)| {
        json!({
            "type": kind, "index": index, "message": value, "content_block": value,
            "delta": value, "usage": usage,
        })
    })
}

#[test]
fn any_stream_ends_in_a_response_or_in_one_error() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(events in prop::collection::vec(event(), 0..20))| {
        let stop = json!({"type": "message_stop"});
        let body: String =
            events.iter().chain([&stop]).map(|event| format!("data: {event}\n\n")).collect();
        let (adapter, _) = Canned::events(body).adapter();
        let (events, error) = runtime.block_on(drain(&adapter, hello()));
        let finished = matches!(events.last(), Some(StreamEvent::Finish { .. }));
        prop_assert!(finished != error.is_some());
    });
}

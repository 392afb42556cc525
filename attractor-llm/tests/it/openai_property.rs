//! Whatever the conversation, what goes out is what the Responses API takes.

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    ContentPart, Message, OpenAiAdapter, Origin, OtherData, ProviderAdapter as _, Request, Role,
    StreamEvent, ThinkingData, ToolCallData, ToolChoice, ToolDefinition, ToolResultData,
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

/// What the provider kept with a part that came from this model.
fn kept(model: &str, id: &str) -> Value {
    json!({"openai": {"model": model, "item": {"id": id, "status": "completed", "summary": []}}})
}

fn part() -> impl Strategy<Value = ContentPart> {
    let model = || prop_oneof![Just("gpt-5.2"), Just("other")];
    let thinking =
        (text(), text(), model(), any::<bool>()).prop_map(|(text, signature, model, own)| {
            let origin = Origin::new("openai", model);
            let mut data = ThinkingData::new(text).signature(signature).origin(origin);
            data.provider_metadata = kept(model, "rs_1").as_object().filter(|_| own).cloned();
            ContentPart::Thinking(data)
        });
    let call = (id(), model(), any::<bool>()).prop_map(|(id, model, own)| {
        let mut data = ToolCallData::new(id, "now", json!({}));
        data.provider_metadata = kept(model, "fc_1").as_object().filter(|_| own).cloned();
        ContentPart::ToolCall(data)
    });
    let other = |provider: &'static str| {
        let raw = json!({"type": "web_search_call", "id": "ws_1", "status": "completed"});
        ContentPart::Other(OtherData::new("web_search_call", provider, raw))
    };
    prop_oneof![
        text().prop_map(ContentPart::text),
        call,
        (id(), text(), any::<bool>()).prop_map(|(id, text, is_error)| {
            ContentPart::ToolResult(ToolResultData::new(id, text).is_error(is_error))
        }),
        thinking,
        Just(other("openai")),
        Just(other("anthropic")),
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
    (messages, choice, any::<bool>()).prop_map(|(mut messages, tool_choice, tools)| {
        messages.push(Message::user("go on"));
        let mut request = Request::new("gpt-5.2", messages)
            .reasoning_effort("low")
            .max_tokens(1);
        request.tool_choice = tool_choice;
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
    let adapter = OpenAiAdapter::builder("key")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(request in request())| {
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
        Just(json!({"type": "message", "content": 5})),
        Just(json!({"type": "message", "content": [1, {"type": "output_text", "text": 5}]})),
        Just(json!({"type": "message", "content": "plain"})),
        Just(json!({"type": "function_call", "call_id": "t", "name": "now", "arguments": []})),
        Just(json!({"type": "function_call"})),
        Just(json!({"type": "reasoning", "summary": {}, "content": [{"text": "a"}]})),
        Just(json!({"type": "custom_tool_call", "input": 3})),
        Just(json!({"id": "m", "usage": 3, "output": [{"type": "function_call"}, 1]})),
        Just(json!({"status": "incomplete", "output": 3, "incomplete_details": 1})),
    ];
    let kind = prop_oneof![
        Just("response.created"),
        Just("response.output_item.added"),
        Just("response.output_item.done"),
        Just("response.output_text.delta"),
        Just("response.refusal.delta"),
        Just("response.reasoning_summary_text.delta"),
        Just("response.reasoning_text.delta"),
        Just("response.function_call_arguments.delta"),
        Just("response.output_text.annotation.added"),
        Just("response.new"),
    ];
    let index = prop_oneof![
        Just(json!(0)),
        Just(json!(1)),
        Just(json!(u64::MAX)),
        Just(json!(null))
    ];
    (kind, index.clone(), index, odd.clone(), odd).prop_map(|(kind, at, index, item, response)| {
        json!({
            "type": kind, "output_index": at, "content_index": index, "summary_index": index,
            "item": item, "response": response, "delta": item, "annotation": response,
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
        let stop = json!({"type": "response.completed"});
        let body: String =
            events.iter().chain([&stop]).map(|event| format!("data: {event}\n\n")).collect();
        let (adapter, _) = Canned::events(body).openai();
        let (events, error) = runtime.block_on(drain(&adapter, hello()));
        let finished = matches!(events.last(), Some(StreamEvent::Finish { .. }));
        prop_assert!(finished != error.is_some());
    });
}

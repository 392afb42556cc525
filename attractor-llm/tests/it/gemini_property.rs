//! Whatever the conversation, what goes out is what the Gemini API takes.

use attractor_llm::testing::{Script, ScriptedServer, Turn};
use attractor_llm::{
    ContentPart, GeminiAdapter, Message, Origin, OtherData, ProviderAdapter as _, Request, Role,
    StreamEvent, TextData, ThinkingData, ToolCallData, ToolChoice, ToolDefinition, ToolResultData,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::canned::{Canned, drain, hello};

const MODEL: &str = "gemini-3-flash-preview";

fn id() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("c|d/e"), Just("")].prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(""), Just("  \n"), Just("word"), Just("ü👋")].prop_map(str::to_owned)
}

/// What the provider kept with a part that came from this model.
fn kept(model: &str) -> Value {
    json!({"gemini": {"model": model, "thoughtSignature": "sig", "candidate": {"a": 1}}})
}

fn part() -> impl Strategy<Value = ContentPart> {
    let model = || prop_oneof![Just(MODEL), Just("gemini-2.5-pro")];
    let said = (text(), model(), any::<bool>()).prop_map(|(text, model, own)| {
        let mut data = TextData::new(text);
        data.provider_metadata = kept(model).as_object().filter(|_| own).cloned();
        ContentPart::Text(data)
    });
    let thinking = (text(), text(), model()).prop_map(|(text, signature, model)| {
        let origin = Origin::new("gemini", model);
        ContentPart::Thinking(ThinkingData::new(text).signature(signature).origin(origin))
    });
    let call = (id(), model(), any::<bool>()).prop_map(|(id, model, own)| {
        let mut data = ToolCallData::new(id, "now", json!({}));
        data.provider_metadata = kept(model).as_object().filter(|_| own).cloned();
        ContentPart::ToolCall(data)
    });
    let other = |provider: &'static str| {
        let raw = json!({"executableCode": {"code": "1", "language": "PYTHON"}});
        ContentPart::Other(OtherData::new("executableCode", provider, raw))
    };
    prop_oneof![
        said,
        call,
        (id(), text(), any::<bool>()).prop_map(|(id, text, is_error)| {
            ContentPart::ToolResult(ToolResultData::new(id, text).is_error(is_error))
        }),
        thinking,
        Just(other("gemini")),
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

fn request() -> impl Strategy<Value = Request> {
    let roles = [
        Role::System,
        Role::Developer,
        Role::User,
        Role::Assistant,
        Role::Tool,
    ];
    let roles = proptest::strategy::Union::new(roles.map(Just).to_vec());
    let message = (roles, prop::collection::vec(part(), 0..5)).prop_map(|(role, mut parts)| {
        parts.retain(|part| fits(role, part));
        Message::new(role, parts)
    });
    let choice = prop_oneof![
        Just(None),
        Just(Some(ToolChoice::Auto)),
        Just(Some(ToolChoice::None)),
        Just(Some(ToolChoice::Required)),
    ];
    let messages = prop::collection::vec(message, 0..12);
    (messages, choice, any::<bool>()).prop_map(|(mut messages, tool_choice, tools)| {
        messages.push(Message::user("go on"));
        let mut request = Request::new(MODEL, messages).reasoning_effort("low");
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
    let adapter = GeminiAdapter::builder("key")
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

/// A piece of the stream, sound or not.
fn piece() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        Just(Value::Null),
        Just(json!(7)),
        Just(json!({})),
        Just(json!({"text": "a"})),
        Just(json!({"text": 5, "thought": 1})),
        Just(json!({"text": "b", "thought": true})),
        Just(json!({"text": "", "thoughtSignature": "s"})),
        Just(json!({"thoughtSignature": "s"})),
        Just(json!({"thought": true, "thoughtSignature": "s"})),
        Just(json!({"functionCall": {"name": "now"}})),
        Just(json!({"functionCall": {"name": "now", "args": [1], "id": 4}})),
        Just(json!({"functionCall": {"name": "now", "willContinue": true}})),
        Just(
            json!({"functionCall": {"partialArgs": [{"jsonPath": "$.a[0]", "stringValue": "x"}, 3]}})
        ),
        Just(json!({"functionCall": {}})),
        Just(json!({"functionCall": 3})),
        Just(json!({"inlineData": {"mimeType": "image/png", "data": "%%"}})),
        Just(json!({"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}})),
        Just(json!({"executableCode": {}})),
    ];
    let beside = prop_oneof![
        Just(json!({})),
        Just(json!(null)),
        Just(json!([1])),
        Just(json!({"totalTokenCount": 1, "promptTokenCount": "x"})),
    ];
    (part, beside.clone(), beside, any::<bool>()).prop_map(|(part, one, other, is_list)| {
        let parts = if is_list { json!([part]) } else { part };
        json!({
            "candidates": [{"content": {"parts": parts}, "groundingMetadata": one}],
            "usageMetadata": other, "promptFeedback": one,
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
    proptest!(config, |(pieces in prop::collection::vec(piece(), 0..20))| {
        let stop = json!({"candidates": [{"finishReason": "STOP"}]});
        let body: String =
            pieces.iter().chain([&stop]).map(|piece| format!("data: {piece}\n\n")).collect();
        let (adapter, _) = Canned::events(body).gemini();
        let (events, error) = runtime.block_on(drain(&adapter, hello()));
        let finished = matches!(events.last(), Some(StreamEvent::Finish { .. }));
        prop_assert!(finished != error.is_some());
    });
}

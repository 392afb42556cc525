//! Whatever the conversation and the target, what is handed over can be sent.

use std::collections::HashSet;

use attractor_llm::handoff::{HandedOff, Target, ToolCallIds, hand_off};
use attractor_llm::{
    AudioData, ContentPart, DocumentData, ImageData, Message, Origin, OtherData, ProviderMetadata,
    Role, ThinkingData, ToolCallData, ToolResultData,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const OWN: (&str, &str) = ("anthropic", "model-1");

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..Default::default()
    }
}

fn id() -> impl Strategy<Value = String> {
    let ids = ["a", "b", "c|d/e", "", "abcdefghi", "a#2", "call_a2_"];
    prop::sample::select(ids.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(&["", "  \n", "word", "\u{fc}\u{1f44b}"][..]).prop_map(str::to_owned)
}

fn metadata() -> impl Strategy<Value = Option<ProviderMetadata>> {
    let record = |model| json!({"model": model, "thought_signature": "s"});
    let given = [
        json!({"anthropic": record("model-1")}),
        json!({"anthropic": record("model-2")}),
        json!({"gemini": record("model-1")}),
        json!({"gemini": {}, "anthropic": {}}),
        Value::Null,
        Value::Null,
    ];
    prop::sample::select(given.to_vec()).prop_map(|value| value.as_object().cloned())
}

fn origin() -> impl Strategy<Value = Option<Origin>> {
    let origins = [
        Some(Origin::new("anthropic", "model-1")),
        Some(Origin::new("anthropic", "model-2")),
        Some(Origin::new("gemini", "model-1")),
        None,
    ];
    prop::sample::select(origins.to_vec())
}

fn call() -> impl Strategy<Value = ContentPart> {
    let arguments = [
        json!({}),
        json!({"a": 1}),
        Value::Null,
        json!("{"),
        json!([1]),
    ];
    let cut = prop::option::of(Just("cut off".to_owned()));
    let name = prop::sample::select(&["now", "", "a b", "ns.now"][..]);
    let custom = prop::bool::weighted(0.2);
    (
        id(),
        name,
        prop::sample::select(arguments.to_vec()),
        cut,
        custom,
        metadata(),
    )
        .prop_map(|(id, name, arguments, invalid, custom, metadata)| {
            let mut data = ToolCallData::new(id, name, arguments);
            data.raw_arguments = invalid.clone();
            data.invalid = invalid;
            if custom {
                "custom".clone_into(&mut data.call_type);
            }
            data.provider_metadata = metadata;
            ContentPart::ToolCall(data)
        })
}

fn result() -> impl Strategy<Value = ContentPart> {
    let content = prop::sample::select(vec![json!("x"), Value::Null, json!({"a": 1})]);
    (id(), content, any::<bool>(), any::<bool>(), metadata()).prop_map(
        |(id, content, is_error, image, metadata)| {
            let mut data = ToolResultData::new(id, content).is_error(is_error);
            data.image = image.then(|| ImageData::from_url("https://a.b/c.png"));
            data.provider_metadata = metadata;
            ContentPart::ToolResult(data)
        },
    )
}

fn part() -> impl Strategy<Value = ContentPart> {
    let thinking = (text(), origin(), metadata(), any::<bool>()).prop_map(
        |(text, origin, metadata, redacted)| {
            let mut data = ThinkingData::new(text).signature("s");
            data.origin = origin;
            data.provider_metadata = metadata;
            if redacted {
                return ContentPart::RedactedThinking(data);
            }
            ContentPart::Thinking(data)
        },
    );
    let words = (text(), metadata()).prop_map(|(text, metadata)| {
        let mut part = ContentPart::text(text);
        if let ContentPart::Text(data) = &mut part {
            data.provider_metadata = metadata;
        }
        part
    });
    let other = |provider| OtherData::new("item", provider, json!({"type": "item"}));
    prop_oneof![
        words,
        call(),
        result(),
        thinking,
        Just(ContentPart::Image(ImageData::from_url(
            "data:image/png;base64,AA"
        ))),
        Just(ContentPart::Audio(AudioData::from_bytes(
            vec![0],
            "audio/wav"
        ))),
        Just(ContentPart::Document(DocumentData::from_url("./a.pdf"))),
        Just(ContentPart::Other(other("anthropic"))),
        Just(ContentPart::Other(other("openai"))),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let roles = [
        Role::System,
        Role::Developer,
        Role::User,
        Role::Assistant,
        Role::Tool,
    ];
    let role = prop::sample::select(roles.to_vec());
    let parts = prop::collection::vec(part(), 0..5);
    (role, parts, prop::option::of(id())).prop_map(|(role, parts, id)| {
        let mut message = Message::new(role, parts);
        message.tool_call_id = id.filter(|_| role == Role::Tool);
        message
    })
}

pub(crate) fn conversation() -> impl Strategy<Value = Vec<Message>> {
    prop::collection::vec(message(), 0..10)
}

fn target() -> impl Strategy<Value = Target<'static>> {
    let ids = [
        ToolCallIds::default(),
        ToolCallIds::alphanumeric(9),
        ToolCallIds::any(),
    ];
    let flags = any::<(bool, bool, bool, bool)>();
    (prop::sample::select(ids.to_vec()), flags).prop_map(|(ids, (see, hear, read, continues))| {
        Target::new(OWN.0, OWN.1)
            .tool_call_ids(ids)
            .images(see)
            .audio(hear)
            .documents(read)
            .continues(continues)
    })
}

/// Whether a part can be sent to the target in a message of this role.
fn is_own(part: &ContentPart, role: Role, target: &Target<'_>) -> bool {
    let own = |metadata: &Option<ProviderMetadata>| {
        let mut records = metadata.iter().flatten();
        records.all(|(provider, record)| {
            let signed = record.get("thought_signature").is_some();
            provider == OWN.0 && !(signed && record["model"] != OWN.1)
        })
    };
    let by_model = role == Role::Assistant;
    match part {
        ContentPart::Text(data) => own(&data.provider_metadata),
        ContentPart::Image(data) => target.images && own(&data.provider_metadata),
        ContentPart::Audio(data) => target.audio && own(&data.provider_metadata),
        ContentPart::Document(data) => target.documents && own(&data.provider_metadata),
        ContentPart::ToolCall(data) => {
            let object = data.arguments.is_object() || data.call_type == "custom";
            by_model && object && !data.name.is_empty() && own(&data.provider_metadata)
        }
        ContentPart::ToolResult(data) => {
            let seen = data.image.is_none() || target.images;
            role == Role::Tool && seen && own(&data.provider_metadata)
        }
        ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => {
            let origin = data.origin.as_ref();
            let here = origin.is_none_or(|it| *it == Origin::new(OWN.0, OWN.1));
            by_model && here && own(&data.provider_metadata)
        }
        ContentPart::Other(data) => data.provider == OWN.0,
        _ => false,
    }
}

/// Checks that each call has one result directly after its turn, under an id of its own.
fn check_pairs(messages: &[Message], target: &Target<'_>) -> Result<(), TestCaseError> {
    let mut used = HashSet::new();
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        let results = message.content.iter().filter_map(|part| match part {
            ContentPart::ToolResult(data) => Some(data),
            _ => None,
        });
        let results: Vec<_> = results.collect();
        prop_assert_eq!(message.role == Role::Tool, !results.is_empty());
        prop_assert!(results.is_empty() || results.len() == message.content.len());
        for result in results {
            if open.is_empty() && target.continues {
                prop_assert!(used.insert(result.tool_call_id.clone()), "answered twice");
            } else {
                prop_assert!(!open.is_empty(), "a result without its call");
                prop_assert_eq!(&open.remove(0), &result.tool_call_id);
            }
        }
        prop_assert!(
            message.role == Role::Tool || open.is_empty(),
            "an open call"
        );
        for call in message.tool_calls() {
            prop_assert!(target.tool_call_ids.accepts(&call.id), "{:?}", call.id);
            prop_assert!(used.insert(call.id.clone()), "{:?} twice", call.id);
            open.push(call.id);
        }
    }
    prop_assert!(open.is_empty(), "an open call");
    Ok(())
}

#[test]
fn any_conversation_can_be_sent_to_any_target() {
    proptest!(config(), |(messages in conversation(), target in target())| {
        let HandedOff { messages, .. } = hand_off(messages, &target);
        for message in &messages {
            for part in &message.content {
                prop_assert!(is_own(part, message.role, &target), "{part:?}");
            }
        }
        check_pairs(&messages, &target)?;
    });
}

#[test]
fn handing_over_twice_changes_nothing_more() {
    proptest!(config(), |(messages in conversation(), target in target())| {
        let once = hand_off(messages, &target).messages;
        let twice = hand_off(once.clone(), &target);
        prop_assert!(twice.warnings.is_empty(), "{:?}", twice.warnings);
        prop_assert_eq!(twice.messages, once);
    });
}

/// What is said, however it is divided into messages.
fn said(handed: HandedOff) -> Vec<(Role, ContentPart)> {
    let parts = |message: Message| {
        let role = message.role;
        message.content.into_iter().map(move |part| (role, part))
    };
    handed.messages.into_iter().flat_map(parts).collect()
}

#[test]
fn the_beginning_stays_when_a_conversation_grows() {
    proptest!(config(), |(before in conversation(), after in conversation(), target in target())| {
        let mut messages = before;
        messages.push(Message::user("Go on."));
        let short = said(hand_off(messages.clone(), &target));
        messages.push(Message::assistant("Yes."));
        messages.extend(after);
        let long = said(hand_off(messages, &target));
        prop_assert_eq!(&long[..short.len()], &short[..]);
    });
}

/// A turn of the model's own with the results of its calls.
fn own_turn() -> impl Strategy<Value = Vec<Message>> {
    let words = "[a-z]{1,8}";
    (words, 0_usize..3, any::<bool>(), any::<bool>(), words).prop_map(
        |(text, calls, thinks, together, said)| {
            let origin = Origin::new(OWN.0, OWN.1);
            let thinking = ThinkingData::new("Hm").signature("s").origin(origin);
            let mut parts = vec![ContentPart::text(text)];
            if thinks {
                parts.insert(0, ContentPart::Thinking(thinking));
            }
            let id = |index: usize| format!("id{index}");
            let call = |index| ToolCallData::new(id(index), "now", json!({}));
            parts.extend((0..calls).map(|index| ContentPart::ToolCall(call(index))));
            let result = |index| ToolResultData::new(id(index), "noon");
            let results = (0..calls).map(result);
            let mut messages = vec![Message::new(Role::Assistant, parts)];
            if together && calls > 0 {
                let parts = results.map(ContentPart::ToolResult).collect();
                messages.push(Message::new(Role::Tool, parts));
            } else {
                messages.extend(results.map(Message::from));
            }
            messages.extend([Message::user(said), Message::developer("Be brief.")]);
            messages
        },
    )
}

/// Gives the calls of each turn ids of their own.
fn numbered(turns: Vec<Vec<Message>>) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for (number, mut turn) in turns.into_iter().enumerate() {
        for message in &mut turn {
            for part in &mut message.content {
                match part {
                    ContentPart::ToolCall(data) => data.id = format!("t{number}_{}", data.id),
                    ContentPart::ToolResult(data) => {
                        data.tool_call_id = format!("t{number}_{}", data.tool_call_id);
                    }
                    _ => {}
                }
            }
            if let Some(id) = &mut message.tool_call_id {
                *id = format!("t{number}_{id}");
            }
        }
        messages.extend(turn);
    }
    messages
}

/// Where the texts of a conversation are in memory.
fn places(messages: &[Message]) -> Vec<*const u8> {
    let parts = messages.iter().flat_map(|message| &message.content);
    let texts = parts.filter_map(|part| match part {
        ContentPart::Text(data) => Some(data.text.as_ptr()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn a_sound_conversation_of_its_own_comes_back_untouched_and_uncopied() {
    proptest!(config(), |(turns in prop::collection::vec(own_turn(), 0..6))| {
        let messages = numbered(turns);
        let (before, places_before) = (messages.clone(), places(&messages));
        let handed = hand_off(messages, &Target::new(OWN.0, OWN.1));
        prop_assert!(handed.warnings.is_empty(), "{:?}", handed.warnings);
        prop_assert_eq!(places(&handed.messages), places_before);
        prop_assert_eq!(handed.messages, before);
    });
}

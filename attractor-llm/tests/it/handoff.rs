//! What a conversation becomes when another model takes it over.

use attractor_llm::handoff::{HandedOff, Target, ToolCallIds, hand_off};
use attractor_llm::{
    AudioData, ContentPart, DocumentData, ImageData, Message, Origin, OtherData, Role,
    ThinkingData, ToolCallData, ToolResultData,
};
use serde_json::{Value, json};

fn anthropic() -> Target<'static> {
    Target::new("anthropic", "claude-opus-4-6")
}

fn call(id: &str) -> ContentPart {
    ContentPart::ToolCall(ToolCallData::new(id, "now", json!({})))
}

fn assistant(parts: Vec<ContentPart>) -> Message {
    Message::new(Role::Assistant, parts)
}

/// The texts, calls and results of a conversation, one word each.
fn outline(messages: &[Message]) -> Vec<String> {
    let part = |part: &ContentPart| match part {
        ContentPart::Text(data) => data.text.clone(),
        ContentPart::ToolCall(data) => format!("call {}", data.id),
        ContentPart::ToolResult(data) => {
            let error = if data.is_error { "error" } else { "result" };
            format!("{error} {} {}", data.tool_call_id, data.content)
        }
        other => other.kind().to_string(),
    };
    let line = |message: &Message| {
        let parts: Vec<String> = message.content.iter().map(part).collect();
        let role = format!("{:?}", message.role).to_lowercase();
        format!("{role}: {}", parts.join(" | "))
    };
    messages.iter().map(line).collect()
}

fn codes(handed: &HandedOff) -> Vec<&str> {
    let codes = handed.warnings.iter().map(|it| it.code.as_deref());
    codes.map(Option::unwrap_or_default).collect()
}

/// Hands the conversation to a target and compares what it becomes.
fn check(target: &Target<'_>, messages: Vec<Message>, becomes: &[&str], warned: &[&str]) {
    let handed = hand_off(messages, target);
    assert_eq!(outline(&handed.messages), becomes);
    assert_eq!(codes(&handed), warned, "{:?}", handed.warnings);
}

#[test]
fn reasoning_goes_only_where_it_came_from() {
    let thinking = |origin: Option<Origin>, text: &str| {
        let mut data = ThinkingData::new(text).signature("s");
        data.origin = origin;
        data
    };
    let from = |provider: &str, model: &str| Some(Origin::new(provider, model));
    let own = "claude-opus-4-6";
    let mut attached = thinking(None, "Hm");
    attached.provider_metadata = json!({"gemini": {}}).as_object().cloned();
    let cases = [
        (thinking(from("anthropic", own), "Hm"), true),
        (
            thinking(from("anthropic", "claude-opus-4-6-20260101"), "Hm"),
            true,
        ),
        (thinking(from("anthropic", "claude-opus-5-5"), "Hm"), false),
        (thinking(from("bedrock", own), "Hm"), false),
        (thinking(from("anthropic", own), ""), true),
        // Made by hand: readable reasoning is the caller's word, an opaque one is anybody's.
        (thinking(None, "Hm"), true),
        (thinking(None, ""), false),
        (ThinkingData::redacted("opaque"), false),
        (attached, false),
    ];
    for (data, kept) in cases {
        let part = if data.redacted {
            ContentPart::RedactedThinking(data)
        } else {
            ContentPart::Thinking(data)
        };
        let messages = vec![
            Message::user("a"),
            assistant(vec![part, ContentPart::text("b")]),
        ];
        let handed = hand_off(messages.clone(), &anthropic());
        assert_eq!(handed.messages == messages, kept, "{messages:?}");
        let warned: &[&str] = if kept { &[] } else { &["reasoning_dropped"] };
        assert_eq!(codes(&handed), warned);
    }
}

#[test]
fn what_another_provider_attached_is_left_out() {
    let metadata = json!({"gemini": {"thought_signature": "x"}, "anthropic": {"citations": []}});
    let mut data = ToolCallData::new("c", "now", json!({}));
    data.provider_metadata = metadata.as_object().cloned();
    let other = OtherData::new("item", "openai", json!({}));
    let messages = vec![
        assistant(vec![ContentPart::ToolCall(data)]),
        Message::tool_result("c", "noon", false),
        assistant(vec![ContentPart::Other(other)]),
    ];
    let handed = hand_off(messages, &anthropic());
    assert_eq!(
        handed.messages.len(),
        2,
        "a message of which nothing is left goes too"
    );
    let ContentPart::ToolCall(data) = &handed.messages[0].content[0] else {
        panic!("the call is gone")
    };
    let left = data.provider_metadata.clone().map(Value::Object);
    assert_eq!(left, Some(json!({"anthropic": {"citations": []}})));
    assert_eq!(
        codes(&handed),
        ["metadata_dropped", "provider_part_dropped"]
    );
}

#[test]
fn a_signature_that_names_its_model_goes_to_no_other() {
    let signed = |model: &str| {
        let mut data = ToolCallData::new("c", "now", json!({}));
        let metadata = json!({"gemini": {"model": model, "thought_signature": "x", "more": 1}});
        data.provider_metadata = metadata.as_object().cloned();
        let result = Message::tool_result("c", "noon", false);
        vec![assistant(vec![ContentPart::ToolCall(data)]), result]
    };
    let target = Target::new("gemini", "gemini-3-pro");
    let own = hand_off(signed("gemini-3-pro"), &target);
    assert!(own.messages == signed("gemini-3-pro") && own.warnings.is_empty());
    let other = hand_off(signed("gemini-3-flash"), &target);
    assert_eq!(codes(&other), ["metadata_dropped"]);
    assert!(!format!("{:?}", other.messages).contains("thought_signature"));
}

#[test]
fn results_follow_their_turn_in_the_order_of_its_calls() {
    let messages = vec![
        assistant(vec![
            ContentPart::text("I look."),
            call("a"),
            call("b"),
            call("c"),
        ]),
        Message::user("Quick!"),
        Message::tool_result("c", 3, false),
        Message::tool_result("a", 1, false),
        Message::tool_result("gone", 9, true),
        assistant(vec![call("d")]),
    ];
    let none = "\"there is no result: the call was not carried out\"";
    check(
        &anthropic(),
        messages,
        &[
            "assistant: I look. | call a | call b | call c",
            "tool: result a 1",
            &format!("tool: error b {none}"),
            "tool: result c 3",
            "user: [error of the earlier tool call gone] 9",
            "user: Quick!",
            "assistant: call d",
            &format!("tool: error d {none}"),
        ],
        &[
            "tool_results_moved",
            "tool_result_added",
            "tool_result_as_text",
        ],
    );
}

#[test]
fn ids_are_accepted_and_unique_in_call_and_result() {
    let turn = |id: &str| {
        let result = Message::tool_result(id, 1, false);
        [Message::user("?"), assistant(vec![call(id)]), result]
    };
    let messages: Vec<Message> = ["x|y", "0", "0"].iter().flat_map(|id| turn(id)).collect();
    for (ids, sent) in [
        (ToolCallIds::default(), ["call_xy_", "0", "call_02_"]),
        (ToolCallIds::any(), ["x|y", "0", "0#2"]),
        (ToolCallIds::alphanumeric(9), ["", "", ""]),
    ] {
        let handed = hand_off(messages.clone(), &anthropic().tool_call_ids(ids));
        for (index, begin) in sent.iter().enumerate() {
            let calls = handed.messages[3 * index + 1].tool_calls();
            let id = calls[0].id.as_str();
            assert!(id.starts_with(begin) && ids.accepts(id), "{id}");
            let result = Message::tool_result(id, 1, false);
            assert_eq!(handed.messages[3 * index + 2], result);
        }
        assert_eq!(codes(&handed), ["tool_call_id_changed"]);
    }
}

#[test]
fn a_call_that_stands_twice_is_left_out_and_another_of_its_id_is_not() {
    let other = ContentPart::ToolCall(ToolCallData::new("a", "now", json!({"zone": "UTC"})));
    let messages = vec![
        assistant(vec![call("a"), call("a"), other]),
        Message::tool_result("a", 1, false),
        Message::tool_result("a", 2, false),
    ];
    check(
        &anthropic().tool_call_ids(ToolCallIds::any()),
        messages,
        &[
            "assistant: call a | call a#2",
            "tool: result a 1",
            "tool: result a#2 2",
        ],
        &["tool_call_dropped", "tool_call_id_changed"],
    );
}

#[test]
fn calls_of_one_turn_stand_in_its_last_message() {
    let messages = vec![
        assistant(vec![ContentPart::text("I look.")]),
        assistant(vec![call("a")]),
        assistant(vec![
            call("b"),
            ContentPart::ToolResult(ToolResultData::new("a", 1)),
        ]),
        Message::tool_result("b", 2, false),
    ];
    check(
        &anthropic(),
        messages,
        &[
            "assistant: I look.",
            "assistant: call a | call b",
            "tool: result a 1",
            "tool: result b 2",
        ],
        &["messages_merged", "tool_results_moved"],
    );
}

#[test]
fn results_have_one_form() {
    let mut plain = Message::new(
        Role::Tool,
        vec![
            ContentPart::text("noon"),
            ContentPart::Image(ImageData::from_url("https://a.b/c.png")),
            ContentPart::Document(DocumentData::from_url("https://a.b/c.pdf")),
        ],
    );
    plain.tool_call_id = Some("a".to_owned());
    let mixed = vec![
        ContentPart::ToolResult(ToolResultData::new("b", 2)),
        ContentPart::text("Go on."),
    ];
    let messages = vec![
        assistant(vec![call("a"), call("b")]),
        plain,
        Message::new(Role::User, mixed),
        Message::new(Role::Tool, vec![ContentPart::text("By the way:")]),
    ];
    let becomes = [
        "assistant: call a | call b",
        "tool: result a \"noon\"",
        "tool: result b 2",
        "user: document",
        "user: Go on.",
        "user: By the way:",
    ];
    let handed = hand_off(messages, &anthropic());
    assert_eq!(outline(&handed.messages), becomes);
    let ContentPart::ToolResult(data) = &handed.messages[1].content[0] else {
        panic!("the result is gone")
    };
    assert!(data.image.is_some());
}

#[test]
fn a_conversation_that_goes_on_may_begin_with_results() {
    let messages = vec![
        Message::user("And now?"),
        Message::tool_result("kept|1", "noon", false),
        Message::tool_result("kept|1", "again", false),
    ];
    let target = anthropic().tool_call_ids(ToolCallIds::any());
    check(
        &target.continues(true),
        messages,
        &[
            "tool: result kept|1 \"noon\"",
            "user: [result of the earlier tool call kept|1] again",
            "user: And now?",
        ],
        &["tool_result_as_text"],
    );
}

#[test]
fn calls_that_were_cut_off_can_be_sent_back() {
    let mut cut = ToolCallData::new("a", "write file", Value::Null);
    cut.raw_arguments = Some("{\"path\": \"/e".to_owned());
    cut.invalid = Some("cut off".to_owned());
    let text = ToolCallData::new("b", "now", json!("{\"zone\": \"UTC\"}"));
    let mut free = ToolCallData::new("c", "patch", json!("*** Begin"));
    "custom".clone_into(&mut free.call_type);
    let calls = [cut, text, free].map(ContentPart::ToolCall).to_vec();
    let handed = hand_off(vec![assistant(calls)], &anthropic());
    let calls = handed.messages[0].tool_calls();
    assert_eq!(
        (&calls[0].name, &calls[0].arguments),
        (&"write_file".to_owned(), &json!({}))
    );
    assert_eq!(calls[0].raw_arguments, None);
    assert_eq!(calls[1].arguments, json!({"zone": "UTC"}));
    assert_eq!(calls[2].arguments, "*** Begin");
    assert_eq!(
        codes(&handed),
        [
            "tool_name_changed",
            "tool_call_repaired",
            "tool_result_added"
        ]
    );
}

#[test]
fn what_a_model_cannot_take_is_a_note() {
    let image = || ImageData::from_url("https://a.b/c.png");
    let document = DocumentData::from_bytes(vec![0], "application/pdf").file_name("a.pdf");
    let messages = vec![
        Message::new(
            Role::User,
            vec![
                ContentPart::Image(image()),
                ContentPart::Audio(AudioData::from_bytes(vec![0], "audio/wav")),
                ContentPart::Document(document),
            ],
        ),
        assistant(vec![call("a")]),
        Message::from(ToolResultData::new("a", "A map").image(image())),
    ];
    let own = hand_off(messages.clone(), &anthropic());
    assert!(own.messages == messages && own.warnings.is_empty());
    let cannot = "left out: this model can't take it]";
    check(
        &anthropic().images(false).audio(false).documents(false),
        messages,
        &[
            &format!(
                "user: [image https://a.b/c.png {cannot} | [recording {cannot} | [document a.pdf \
                 {cannot}"
            ),
            "assistant: call a",
            &format!("tool: result a \"A map\\n[image https://a.b/c.png {cannot}\""),
        ],
        &["media_replaced"],
    );
}

#[test]
fn the_catalog_says_who_sees() {
    assert!(!Target::new("openai", "o3-mini").images);
    assert!(Target::new("openai", "gpt-5.2").images);
    assert!(Target::new("openai", "unheard-of").images);
}

//! What came from a Responses API goes back as it came.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::Fault;
use attractor_llm::{ContentPart, Message, ProviderAdapter as _, Response, Role};
use serde_json::Value;

use super::recordings::{recordings, root};
use super::replay::Replay;
use crate::canned::{Canned, hello};

#[tokio::test]
async fn every_recorded_reply_can_be_sent_back() {
    let Some(root) = root() else { return };
    let recordings = recordings(&root, &["openai-responses"]);
    let replay = Replay::start(&recordings).await;
    let (mut verbatim, mut wrong) = (0, Vec::new());
    for (place, recorded) in recordings.iter().enumerate() {
        let Ok(response) = replay.ask(place, recorded, Fault::none()).await else {
            continue;
        };
        if !can_go_back_verbatim(&response) {
            continue;
        }
        verbatim += 1;
        let (sent, came) = (sent_back(&response).await, items_that_came(&response));
        if sent != came {
            wrong.push(format!("{}:\n  {sent}\n  {came}", recorded.name()));
        }
    }
    println!("{verbatim} replies sent back");
    assert!(verbatim > 150, "only {verbatim} replies");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Reasoning that isn't encrypted can't go back, nor can it without what follows it; arguments that
/// were cut off go back empty.
fn can_go_back_verbatim(response: &Response) -> bool {
    let output = response.raw.as_ref().unwrap()["output"].as_array().unwrap();
    let readable = |item: &Value| {
        let content = item["content"].as_array();
        item["encrypted_content"].is_string() || content.is_some_and(|it| !it.is_empty())
    };
    let whole = |item: &Value| match item["type"].as_str() {
        Some("reasoning") => readable(item),
        _ => item["status"] != "incomplete",
    };
    let ends_well = output.last().is_none_or(|last| last["type"] != "reasoning");
    ends_well && output.iter().all(whole)
}

/// The items that go out when the response's message is sent back.
async fn sent_back(response: &Response) -> Value {
    let (adapter, canned) = Canned::events("").openai();
    let mut request = hello();
    request.messages.push(response.message.clone());
    let calls = response
        .message
        .content
        .iter()
        .filter_map(|part| match part {
            ContentPart::ToolCall(call) => Some(Message::tool_result(&call.id, "", false)),
            _ => None,
        });
    request.messages.extend(calls);
    request
        .messages
        .push(Message::new(Role::User, vec![ContentPart::text("go on")]));
    let _ = adapter.complete(request).await;
    let items = canned.body_sent()["input"].as_array().unwrap().clone();
    let own = items
        .into_iter()
        .filter(|item| item["role"] != "user" && item["type"] != "function_call_output");
    own.collect()
}

/// The items that came, without fields that say nothing.
fn items_that_came(response: &Response) -> Value {
    let output = response.raw.as_ref().unwrap()["output"].as_array().unwrap();
    let item = |item: &Value| {
        let known = ["message", "reasoning", "function_call"];
        if !known.iter().any(|kind| item["type"] == *kind) {
            return item.clone();
        }
        let mut item = without_nulls(item);
        if let Some(contents) = item
            .get_mut("content")
            .and_then(Value::as_array_mut)
            .filter(|it| !it.is_empty())
        {
            *contents = contents.iter().map(without_nulls).collect();
        }
        item
    };
    output.iter().map(item).collect()
}

fn without_nulls(value: &Value) -> Value {
    let fields = value.as_object().unwrap().iter();
    let kept = fields.filter(|(_, value)| !value.is_null());
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

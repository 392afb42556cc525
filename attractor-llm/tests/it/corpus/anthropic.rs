//! What came from the Messages API goes back as it came.

#![expect(clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::Fault;
use attractor_llm::{ContentPart, ProviderAdapter as _, Response};
use serde_json::{Value, json};

use super::recordings::{recordings, root};
use super::replay::Replay;
use crate::canned::{Canned, hello};

#[tokio::test]
async fn every_recorded_reply_can_be_sent_back() {
    let Some(root) = root() else { return };
    let recordings = recordings(&root, &["anthropic-messages"]);
    let replay = Replay::start(&recordings).await;
    for (place, recorded) in recordings.iter().enumerate() {
        let Ok(response) = replay.ask(place, recorded, Fault::none()).await else {
            continue;
        };
        let expected = reply_blocks(&response);
        if expected != json!([]) {
            assert_eq!(sent_back(&response).await, expected, "{}", recorded.name());
        }
    }
}

/// The blocks that go out when the response's message is sent back.
async fn sent_back(response: &Response) -> Value {
    let (adapter, canned) = Canned::events("").adapter();
    let mut request = hello().provider_option("anthropic", "auto_cache", false);
    request.messages.push(response.message.clone());
    request.messages.push(attractor_llm::Message::user("go on"));
    let _ = adapter.complete(request).await;
    canned.body_sent()["messages"][1]["content"].clone()
}

/// The blocks that came, without what the API rejects: text without text, unsigned thinking.
fn reply_blocks(response: &Response) -> Value {
    let blocks = response.raw.as_ref().unwrap()["content"]
        .as_array()
        .unwrap();
    let kept = blocks
        .iter()
        .zip(&response.message.content)
        .filter(|(_, part)| match part {
            ContentPart::Text(data) => !data.text.trim().is_empty(),
            ContentPart::Thinking(data) => {
                data.signature.as_deref().is_some_and(|it| !it.is_empty())
            }
            _ => true,
        });
    kept.map(|(block, _)| without_nulls(block)).collect()
}

fn without_nulls(block: &Value) -> Value {
    match block.as_object() {
        Some(fields)
            if matches!(
                block["type"].as_str(),
                Some("text" | "tool_use" | "thinking")
            ) =>
        {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        }
        _ => block.clone(),
    }
}

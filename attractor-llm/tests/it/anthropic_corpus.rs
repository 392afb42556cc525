//! Recorded exchanges with the Messages API: each reply means what three other clients agree on.
//!
//! The recordings aren't part of the repository; without them the test says so.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use attractor_llm::{AnthropicAdapter, ContentPart, Error, ProviderAdapter as _, Response};
use serde_json::{Value, json};

use crate::canned::{Canned, hello};

/// Where the recordings lie, beside the repository or a folder above it.
const CORPUS: &str = "shared/corpus/llm";
const API: &str = "anthropic-messages";

/// A recording that was made up: one message begins inside another.
const SPLICED: &str = "spliced-message-start";

/// Many replies in one recording; ours ends with the first.
const CONCATENATED: &str = "programmatic-tool-calling.1.stream";

#[tokio::test]
async fn every_recorded_reply_means_what_other_clients_agree_on() {
    let Some(root) = corpus() else { return };
    let expected = expected(&root);
    let (mut replies, mut wrong) = (0, Vec::new());
    for file in recordings(&root) {
        let name = file
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let recording: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for (index, exchange) in recording["exchanges"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            if !is_messages(exchange) {
                continue;
            }
            replies += 1;
            let result = replay(&exchange["response"]).await;
            let expected = expected.get(&(name.clone(), index as u64));
            if let Some(difference) = difference(&name, &exchange["response"], result, expected) {
                wrong.push(format!("{name} {index}: {difference}"));
            }
        }
    }
    assert!(replies > 200, "only {replies} replies");
    assert!(
        wrong.is_empty(),
        "{} of {replies}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn every_recorded_reply_can_be_sent_back() {
    let Some(root) = corpus() else { return };
    for file in recordings(&root) {
        let recording: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for exchange in recording["exchanges"].as_array().unwrap() {
            let Ok(response) = replay(&exchange["response"]).await else {
                continue;
            };
            let expected = reply_blocks(&response);
            if is_messages(exchange) && expected != json!([]) {
                assert_eq!(sent_back(&response).await, expected, "{}", file.display());
            }
        }
    }
}

fn corpus() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = folders
        .map(|folder| folder.join(CORPUS))
        .find(|path| path.is_dir());
    if found.is_none() {
        println!("SKIPPED: no recordings in {CORPUS}");
    }
    found
}

/// Some recordings hold calls of other APIs too.
fn is_messages(exchange: &Value) -> bool {
    exchange["request"]["url"]
        .as_str()
        .is_some_and(|url| url.contains("/messages"))
}

fn recordings(root: &Path) -> Vec<PathBuf> {
    let entries = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let mut files: Vec<PathBuf> = entries(root)
        .iter()
        .flat_map(|project| entries(&project.join(API)))
        .collect();
    files.sort();
    files
}

fn expected(root: &Path) -> HashMap<(String, u64), Value> {
    let lines = std::fs::read_to_string(root.join("EXPECTED.jsonl")).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| {
            (
                (
                    line["file"].as_str().unwrap().to_owned(),
                    line["ex"].as_u64().unwrap(),
                ),
                line,
            )
        })
        .collect()
}

async fn replay(reply: &Value) -> Result<Response, Error> {
    let status = u16::try_from(reply["status"].as_u64().unwrap()).unwrap();
    let body = reply["body"].as_str().unwrap();
    if reply["stream"] == true && status == 200 {
        let (adapter, _) = Canned::events(body).piece(7).adapter();
        return stream(&adapter).await;
    }
    let (adapter, _) = Canned::new(status, "application/json", body).adapter();
    adapter.complete(hello()).await
}

async fn stream(adapter: &AnthropicAdapter) -> Result<Response, Error> {
    let (events, error) = crate::canned::drain(adapter, hello()).await;
    match (error, events.into_iter().next_back()) {
        (Some(error), _) => Err(error),
        (None, Some(attractor_llm::StreamEvent::Finish { response, .. })) => Ok(*response),
        (None, other) => panic!("the last event is {other:?}"),
    }
}

fn difference(
    name: &str,
    reply: &Value,
    result: Result<Response, Error>,
    expected: Option<&Value>,
) -> Option<String> {
    let response = match result {
        Ok(response) => response,
        Err(_) if reply["status"] != 200 || name.contains(SPLICED) => return None,
        Err(error) => return Some(format!("{error:?}")),
    };
    let expected = expected.filter(|_| !name.contains(CONCATENATED))?;
    let calls: Vec<Value> = response
        .tool_calls()
        .iter()
        .map(|call| json!([call.name, call.arguments]))
        .collect();
    let ids: Vec<String> = response
        .tool_calls()
        .into_iter()
        .map(|call| call.id)
        .collect();
    let usage = &response.usage;
    let got = [
        ("text", json!(response.text())),
        ("reasoning", json!(response.reasoning().unwrap_or_default())),
        ("tool_calls", json!(calls)),
        ("tool_call_ids", json!(ids)),
        ("finish", json!(response.finish_reason.reason)),
    ];
    for (key, got) in got {
        if !expected[key].is_null() && expected[key] != got {
            return Some(format!("{key} is {got} and not {}", expected[key]));
        }
    }
    let got = [
        ("input", Some(usage.total_input_tokens())),
        ("output", Some(usage.output_tokens)),
        ("cache_read", Some(usage.cache_read_tokens.unwrap_or(0))),
        ("cache_write", Some(usage.cache_write_tokens.unwrap_or(0))),
    ];
    for (key, got) in got {
        if !expected["usage"][key].is_null() && expected["usage"][key] != json!(got) {
            return Some(format!(
                "{key} is {got:?} and not {}",
                expected["usage"][key]
            ));
        }
    }
    None
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

//! Recorded exchanges with Responses APIs: each reply means what three other clients agree on.
//!
//! The recordings aren't part of the repository; without them the test says so.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use attractor_llm::{ContentPart, Error, ErrorKind, Message, ProviderAdapter as _, Response, Role};
use serde_json::{Value, json};

use crate::canned::{Canned, drain, hello};

/// Where the recordings lie, beside the repository or a folder above it.
const CORPUS: &str = "shared/corpus/llm";
const API: &str = "openai-responses";

/// Recordings that the other clients take for something else, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "incomplete_mid_tool_call",
        "arguments that were cut off are raw text to us, not an object",
    ),
    (
        "text-max-tokens-exceeded",
        "incomplete without a reason is a limit, not the end",
    ),
    ("azure-deepseek-reasoning", "a stream of Chat Completions"),
    (
        "reasoning-encrypted-content.1.stream",
        "four streams in one; ours ends with the first",
    ),
];

#[tokio::test]
async fn every_recorded_reply_means_what_other_clients_agree_on() {
    let Some(root) = corpus() else { return };
    let expected = expected(&root);
    let (mut replies, mut wrong) = (0, Vec::new());
    for (name, index, exchange) in exchanges(&root) {
        replies += 1;
        let result = replay(&exchange["response"]).await;
        let expected = expected.get(&(name.clone(), index));
        if let Some((key, difference)) = difference(&exchange["response"], result, expected)
            && !EXCEPTIONS.iter().any(|(file, _)| name.contains(file))
        {
            wrong.push(format!("{name} {index}: {key} {difference}"));
        }
    }
    println!("{replies} replies");
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
    let (mut verbatim, mut wrong) = (0, Vec::new());
    for (name, index, exchange) in exchanges(&root) {
        let Ok(response) = replay(&exchange["response"]).await else {
            continue;
        };
        if !can_go_back_verbatim(&response) {
            continue;
        }
        verbatim += 1;
        let (sent, came) = (sent_back(&response).await, items_that_came(&response));
        if sent != came {
            wrong.push(format!("{name} {index}:\n  {sent}\n  {came}"));
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

/// The exchanges of this API, by file and place; some recordings hold calls of others too.
fn exchanges(root: &Path) -> Vec<(String, u64, Value)> {
    let entries = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let mut files: Vec<PathBuf> = entries(root)
        .iter()
        .flat_map(|project| entries(&project.join(API)))
        .collect();
    files.sort();
    let of_file = |file: &PathBuf| {
        let name = file
            .strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let recording: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let exchanges = recording["exchanges"].as_array().unwrap().clone();
        let numbered = (0..)
            .zip(exchanges)
            .map(move |(index, it)| (name.clone(), index, it));
        let of_api = |(_, _, it): &(String, u64, Value)| {
            it["request"]["url"]
                .as_str()
                .unwrap_or_default()
                .contains("/responses")
        };
        numbered.filter(of_api).collect::<Vec<_>>()
    };
    files.iter().flat_map(of_file).collect()
}

fn expected(root: &Path) -> HashMap<(String, u64), Value> {
    let lines = std::fs::read_to_string(root.join("EXPECTED.jsonl")).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let key = |line: &Value| {
        (
            line["file"].as_str().unwrap().to_owned(),
            line["ex"].as_u64().unwrap(),
        )
    };
    lines.map(|line| (key(&line), line)).collect()
}

async fn replay(reply: &Value) -> Result<Response, Error> {
    let status = u16::try_from(reply["status"].as_u64().unwrap()).unwrap();
    let body = reply["body"].as_str().unwrap();
    if reply["stream"] == true && status == 200 {
        let (adapter, _) = Canned::events(body).piece(7).openai();
        let (events, error) = drain(&adapter, hello()).await;
        return match (error, events.into_iter().next_back()) {
            (Some(error), _) => Err(error),
            (None, Some(attractor_llm::StreamEvent::Finish { response, .. })) => Ok(*response),
            (None, other) => Err(Error::new(
                ErrorKind::Unknown,
                format!("ends with {other:?}"),
            )),
        };
    }
    let (adapter, _) = Canned::new(status, "application/json", body).openai();
    adapter.complete(hello()).await
}

/// Whether the recording itself holds a failure.
fn fails(reply: &Value) -> bool {
    let body = reply["body"].as_str().unwrap();
    reply["status"] != 200 || body.contains("event: response.failed")
}

fn difference(
    reply: &Value,
    result: Result<Response, Error>,
    expected: Option<&Value>,
) -> Option<(&'static str, String)> {
    let response = match result {
        Ok(_) if fails(reply) => return Some(("failure", "is a success".to_owned())),
        Ok(response) => response,
        Err(_) if fails(reply) => return None,
        Err(error) => return Some(("success", format!("{error:?}"))),
    };
    let expected = expected?;
    let calls = response.tool_calls();
    let pairs: Vec<Value> = calls
        .iter()
        .map(|call| json!([call.name, call.arguments]))
        .collect();
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    let got = [
        ("text", json!(response.text())),
        ("tool_calls", json!(pairs)),
        ("tool_call_ids", json!(ids)),
        ("finish", json!(response.finish_reason.reason)),
        ("reasoning", json!(summaries(&response))),
    ];
    let usage = &response.usage;
    let counts = [
        ("input", usage.total_input_tokens()),
        ("output", usage.output_tokens),
        ("cache_read", usage.cache_read_tokens.unwrap_or(0)),
        ("cache_write", usage.cache_write_tokens.unwrap_or(0)),
        ("reasoning", usage.reasoning_tokens.unwrap_or(0)),
    ];
    let facts = got.into_iter().map(|(key, got)| (key, got, &expected[key]));
    let counts = counts.map(|(key, got)| (key, json!(got), &expected["usage"][key]));
    let differs =
        |(_, got, expected): &(&str, Value, &Value)| !expected.is_null() && *expected != got;
    let (key, got, expected) = facts.chain(counts).find(differs)?;
    Some((key, format!("is {got} and not {expected}")))
}

/// The reasoning as the other clients see it: summaries only, with nothing between them.
fn summaries(response: &Response) -> String {
    let output = response.raw.as_ref().unwrap()["output"].as_array().unwrap();
    let readable = response.reasoning().unwrap_or_default();
    let summaries = output.iter().filter_map(|item| item["summary"].as_array());
    let texts: Vec<&str> = summaries
        .flatten()
        .filter_map(|part| part["text"].as_str())
        .collect();
    for text in &texts {
        assert!(readable.contains(text), "{readable:?} has lost {text:?}");
    }
    texts.concat()
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

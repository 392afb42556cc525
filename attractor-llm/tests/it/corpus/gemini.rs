//! What came from the Gemini API goes back as it came, and what others send back we send too.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::Fault;
use attractor_llm::{Message, ProviderAdapter as _, Request, Response};
use serde_json::{Value, json};

use super::recordings::{Recorded, recordings, root};
use super::replay::Replay;
use crate::canned::{Canned, hello};

#[tokio::test]
async fn every_recorded_reply_can_be_sent_back() {
    let Some(root) = root() else { return };
    let recordings = recordings(&root, &["gemini-generate"]);
    let replay = Replay::start(&recordings).await;
    let (mut back, mut wrong) = (0, Vec::new());
    for (place, recorded) in recordings.iter().enumerate() {
        let Ok(response) = replay.ask(place, recorded, Fault::none()).await else {
            continue;
        };
        let (sent, came) = (sent_back(&response).await, parts_that_came(&response));
        back += usize::from(came != json!([]));
        if sent != came {
            wrong.push(format!("{}:\n  {sent}\n  {came}", recorded.name()));
        }
    }
    println!("{back} replies sent back");
    assert!(back > 200, "only {back} replies");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn what_a_working_client_sends_back_is_what_we_send_back() {
    let Some(root) = root() else { return };
    let recordings = recordings(&root, &["gemini-generate"]);
    let replay = Replay::start(&recordings).await;
    let (mut compared, mut wrong) = (0, Vec::new());
    for (place, recorded) in recordings.iter().enumerate() {
        let Some(theirs) = continued(recorded, recordings.get(place + 1)) else {
            continue;
        };
        let Ok(response) = replay.ask(place, recorded, Fault::none()).await else {
            continue;
        };
        compared += 1;
        let ours = sent_back(&response).await;
        if calls(&ours) != calls(&theirs) {
            wrong.push(format!("{}:\n  {ours}\n  {theirs}", recorded.name()));
        }
    }
    println!("{compared} continued");
    assert!(compared > 20, "only {compared}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The turn that the next request of the recording sends back for this reply.
fn continued(recorded: &Recorded, next: Option<&Recorded>) -> Option<Value> {
    let next = next.filter(|next| next.file == recorded.file && next.reply().status == 200)?;
    let before = recorded.request()["contents"].as_array()?.len();
    let turn = next.request()["contents"].as_array()?.get(before)?;
    let parts = &turn["parts"];
    // A secret taken out of one of the two is no difference.
    let whole = !parts.to_string().contains("REDACTED=");
    (turn["role"] == "model" && whole).then(|| parts.clone())
}

/// What can't be left out or changed: calls with their arguments, and the signature of the turn,
/// which is that of the first; some clients repeat it with each call, or make one up.
fn calls(parts: &Value) -> Vec<Value> {
    let parts = parts.as_array().into_iter().flatten();
    let calls = parts.filter_map(|part| {
        let call = part.get("functionCall").or(part.get("function_call"))?;
        let signature = part.get("thoughtSignature");
        let signature = signature.or(part.get("thought_signature")).map(standard);
        Some((call, signature.filter(|it| *it != UNKNOWN)))
    });
    let calls = calls.enumerate().map(|(at, (call, signature))| {
        let signature = signature.filter(|_| at == 0);
        json!([call["name"], call["args"], signature])
    });
    calls.collect()
}

/// What Google says to send for a call whose signature isn't known, in base64.
const UNKNOWN: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I";

/// Some clients spell base64 in the way of addresses.
fn standard(signature: &Value) -> String {
    let text = signature.as_str().unwrap_or_default();
    text.replace('-', "+")
        .replace('_', "/")
        .trim_end_matches('=')
        .to_owned()
}

/// The parts that go out when the response's message is sent back.
async fn sent_back(response: &Response) -> Value {
    let (adapter, canned) = Canned::events("").gemini();
    let calls = response.tool_calls().into_iter();
    let results = calls.map(|call| Message::tool_result(call.id, "", false));
    let mut messages = hello().messages;
    messages.push(response.message.clone());
    messages.extend(results);
    let _ = adapter
        .complete(Request::new(hello().model, messages))
        .await;
    let contents = canned.body_sent()["contents"].as_array().unwrap().clone();
    let answer = contents
        .into_iter()
        .find(|content| content["role"] == "model");
    let mut parts = answer.map_or_else(|| json!([]), |mut answer| answer["parts"].take());
    let came = parts_that_came(response);
    for (part, came) in parts
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(came.as_array().unwrap())
    {
        // An id of ours is no part of what came.
        let call = part.get_mut("functionCall").and_then(Value::as_object_mut);
        if let Some(call) = call.filter(|_| came["functionCall"]["id"].is_null()) {
            call.remove("id");
        }
    }
    parts
}

/// The parts that came, without those that say nothing.
fn parts_that_came(response: &Response) -> Value {
    let raw = response.raw.as_ref().unwrap();
    let parts = raw["candidates"][0]["content"]["parts"].as_array();
    let says = |part: &&Value| part["text"] != "" || part["thoughtSignature"].is_string();
    let mut parts: Value = parts.into_iter().flatten().filter(says).cloned().collect();
    for part in parts.as_array_mut().unwrap() {
        let call = part.get_mut("functionCall").and_then(Value::as_object_mut);
        if let Some(call) = call {
            call.entry("args").or_insert_with(|| json!({}));
        }
    }
    parts
}

//! What came from Chat Completions goes back as other clients sent it back.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use attractor_llm::testing::{Fault, ScriptedServer, Turn};
use attractor_llm::{
    ContentPart, Message, OpenAiCompatibleAdapter, ProviderAdapter as _, Response,
};
use serde_json::{Value, json};

use super::recordings::{Recorded, recordings, root};
use super::replay::Replay;
use crate::canned::{Canned, drain, hello};
use crate::testing_wire::send;

const API: &str = "openai-chat";

#[tokio::test]
async fn every_recorded_answer_goes_back_as_other_clients_sent_it() {
    let Some(root) = root() else { return };
    let recordings = recordings(&root, &[API]);
    let replay = Replay::start(&recordings).await;
    let (mut compared, mut wrong) = (0, Vec::new());
    for (place, pair) in recordings.windows(2).enumerate() {
        let [first, next] = pair else { continue };
        let Some(sent) = continuation(first, next) else {
            continue;
        };
        let Ok(response) = replay.ask(place, first, Fault::none()).await else {
            continue;
        };
        compared += 1;
        let ours = sent_back(&response).await;
        for (what, theirs) in essence(sent) {
            let ours = essence(&ours).remove(&what).unwrap_or_default();
            if ours != theirs {
                wrong.push(format!("{}: {what}\n  {ours}\n  {theirs}", next.name()));
            }
        }
    }
    println!("{compared} answers compared");
    assert!(compared > 60, "only {compared} answers");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The message by which the next request of the same recording sends the answer of the first back.
fn continuation<'a>(first: &Recorded, next: &'a Recorded) -> Option<&'a Value> {
    let (before, after) = (first.request(), next.request());
    let synthetic = first.is_synthetic || next.is_synthetic;
    if first.file != next.file || synthetic || before["model"] != after["model"] {
        return None;
    }
    let (before, after) = (
        before["messages"].as_array()?,
        after["messages"].as_array()?,
    );
    let sent = after.get(before.len())?;
    let follows = after.starts_with(before) && sent["role"] == "assistant";
    (follows && sent["tool_calls"].is_array()).then_some(sent)
}

/// What of a message a service would notice: its calls, and reasoning that has to come back.
fn essence(message: &Value) -> serde_json::Map<String, Value> {
    let mut essence = serde_json::Map::new();
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let call = |call: &Value| {
        let arguments = call["function"]["arguments"].as_str().unwrap_or("{}");
        // What isn't an object stands for no arguments.
        let arguments = serde_json::from_str::<Value>(arguments).unwrap_or_default();
        let arguments = if arguments.is_object() {
            arguments
        } else {
            json!({})
        };
        json!([call["id"], call["function"]["name"], arguments])
    };
    essence.insert("calls".to_owned(), calls.map(call).collect());
    let details = message["reasoning_details"]
        .as_array()
        .into_iter()
        .flatten();
    let opaque = details.filter_map(|it| it["signature"].as_str().or_else(|| it["data"].as_str()));
    let opaque: Vec<&str> = opaque.collect();
    if !opaque.is_empty() {
        essence.insert("opaque reasoning".to_owned(), json!(opaque));
    }
    // Under the name that it came under, or under another that the service knows too.
    let thoughts = ["reasoning_content", "reasoning"].map(|field| message[field].as_str());
    if let Some(thought) = thoughts.into_iter().flatten().find(|it| !it.is_empty()) {
        essence.insert("reasoning".to_owned(), thought.into());
    }
    essence
}

/// The message that goes out when the response's message is sent back.
async fn sent_back(response: &Response) -> Value {
    let (adapter, canned) = Canned::events("").chat();
    let mut request = hello();
    request.messages.push(response.message.clone());
    let results = response
        .message
        .content
        .iter()
        .filter_map(|part| match part {
            ContentPart::ToolCall(call) => Some(Message::tool_result(&call.id, "", false)),
            _ => None,
        });
    request.messages.extend(results);
    request.messages.push(Message::user("go on"));
    let _ = adapter.complete(request).await;
    canned.body_sent()["messages"][1].clone()
}

/// Most replies are read without making values of them; a field that nobody knows takes the other way.
#[tokio::test]
async fn a_reply_means_the_same_whichever_way_it_is_read() {
    let Some(root) = root() else { return };
    let (mut compared, mut wrong) = (0, Vec::new());
    for recorded in recordings(&root, &[API]) {
        let Ok(body) = String::from_utf8(recorded.body()) else {
            continue;
        };
        let kind = if recorded.is_stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        let (start, stranger) = if recorded.is_stream {
            ("data: {", "data: {\"stranger\": 0, ")
        } else {
            ("{", "{\"stranger\": 0, ")
        };
        let strange = match recorded.is_stream {
            true => body.replace(start, stranger),
            false => body.replacen(start, stranger, 1),
        };
        let mut told = Vec::new();
        for body in [body, strange] {
            let (adapter, _) = Canned::new(recorded.reply().status, kind, body).chat();
            told.push(told_by(&adapter, recorded.is_stream).await);
        }
        compared += 1;
        if told[0] != told[1] {
            wrong.push(format!(
                "{}:\n{:?}\n{:?}",
                recorded.name(),
                told[0],
                told[1]
            ));
        }
    }
    println!("{compared} replies compared");
    assert!(compared > 400, "only {compared} replies");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// All that a reply tells, without the field that nobody knows.
async fn told_by(adapter: &OpenAiCompatibleAdapter, stream: bool) -> (Vec<Value>, Option<String>) {
    let (events, error) = if stream {
        let (events, error) = drain(adapter, hello()).await;
        let events = events.iter().map(serde_json::to_value);
        (events.map(Result::unwrap).collect(), error)
    } else {
        match adapter.complete(hello()).await {
            Ok(response) => (vec![serde_json::to_value(response).unwrap()], None),
            Err(error) => (Vec::new(), Some(error)),
        }
    };
    let events = events.into_iter().map(without_stranger).collect();
    (events, error.map(|error| error.to_string()))
}

fn without_stranger(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("stranger");
            for field in fields.values_mut() {
                *field = without_stranger(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_stranger(item.take());
            }
        }
        _ => {}
    }
    value
}

#[tokio::test]
async fn recorded_requests_are_well_formed() {
    let Some(root) = root() else { return };
    let script = [Turn::text("ok").repeat()].into_iter().collect();
    let server = ScriptedServer::start(script).await.unwrap();
    let strict = ["api.openai.com", "openrouter.ai"];
    let is_real = |it: &&Recorded| {
        let url = it.exchange.request.url.as_str();
        let chat =
            url.contains("/chat/completions") && strict.iter().any(|host| url.contains(host));
        chat && it.reply().status == 200 && !it.is_synthetic && it.request().is_object()
    };
    let mut refused = Vec::new();
    for recorded in recordings(&root, &[API]).iter().filter(is_real) {
        let body = recorded.request().to_string();
        let raw = send(&server, "POST /v1/chat/completions", "", &body).await;
        if raw.status != 200 {
            refused.push(format!("{}: {}", recorded.name(), raw.error_message()));
        }
    }
    println!("{} recorded requests", server.requests().len());
    assert!(server.requests().len() > 100);
    assert!(
        refused.is_empty(),
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

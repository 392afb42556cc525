//! Tool calls and their results, one to one; pure.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::turns::Turn;
use crate::provider::tool_id;

/// A call of the turn before.
struct Call {
    /// The id that its result names.
    id: String,
    /// The id that is sent.
    sent: String,
}

/// Puts exactly one result for each call at the beginning of the turn after it.
///
/// A call without a result gets one that says so; a result without a call stays as text. An id
/// that an earlier turn used is changed in the call and in its result: some providers count from
/// one in every answer.
pub(super) fn pair_results(turns: Vec<Turn>) -> Vec<Turn> {
    let mut paired: Vec<Turn> = Vec::with_capacity(turns.len());
    let mut used: HashSet<String> = HashSet::new();
    let mut open: Vec<Call> = Vec::new();
    for mut turn in turns {
        if turn.role == "assistant" {
            open = name_calls(&mut turn.content, &mut used);
        } else {
            turn.content = answer(std::mem::take(&mut open), turn.content);
        }
        paired.push(turn);
    }
    if !open.is_empty() {
        let content = answer(open, Vec::new());
        paired.push(Turn {
            role: "user",
            content,
        });
    }
    paired
}

/// Gives each call of a turn an id of its own; a call that stands there twice is left out.
fn name_calls(content: &mut Vec<Value>, used: &mut HashSet<String>) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    content.retain_mut(|block| {
        if block["type"] != "tool_use" {
            return true;
        }
        let id = block["id"].as_str().unwrap_or_default().to_owned();
        if calls.iter().any(|call| call.id == id) {
            return false;
        }
        let sent = unused(&id, used);
        used.insert(sent.clone());
        block["id"] = sent.as_str().into();
        calls.push(Call { id, sent });
        true
    });
    calls
}

fn unused(id: &str, used: &HashSet<String>) -> String {
    let again = (2_u32..).map(|count| tool_id::accepted(&format!("{id}#{count}")).into_owned());
    let mut candidates = std::iter::once(id.to_owned()).chain(again);
    candidates
        .find(|candidate| !used.contains(candidate))
        .unwrap_or_default()
}

fn answer(calls: Vec<Call>, content: Vec<Value>) -> Vec<Value> {
    let (mut results, rest): (Vec<Value>, Vec<Value>) = content
        .into_iter()
        .partition(|block| block["type"] == "tool_result");
    let mut answered: Vec<Value> = calls
        .into_iter()
        .map(|call| {
            let found = results
                .iter()
                .position(|result| result["tool_use_id"] == *call.id);
            match found {
                Some(index) => {
                    let mut result = results.remove(index);
                    result["tool_use_id"] = call.sent.into();
                    result
                }
                None => missing_result(&call.sent),
            }
        })
        .collect();
    answered.extend(results.iter().map(as_text));
    answered.extend(rest);
    answered
}

fn missing_result(id: &str) -> Value {
    let content = "there is no result: the call was not carried out";
    json!({"type": "tool_result", "tool_use_id": id, "is_error": true, "content": content})
}

fn as_text(result: &Value) -> Value {
    let content = match &result["content"] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let id = result["tool_use_id"].as_str().unwrap_or_default();
    json!({"type": "text", "text": format!("[result of the earlier tool call {id}] {content}")})
}

//! Tool calls and their results, one to one; pure.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::input::Turn;
use crate::provider::tool_id;

/// A call of the turn before.
struct Call {
    /// The id that its result names.
    id: String,
    /// The id that is sent.
    sent: String,
    /// The type of its result.
    output: &'static str,
}

/// The items of the turns, with exactly one result for each call at the beginning of the turn after
/// it.
///
/// A call without a result gets one that says so; a result without a call stays as text, unless the
/// conversation `continues` one that the provider keeps, which may hold the call. An id that an
/// earlier turn used is changed in the call and in its result: some services count from one in
/// every answer.
pub(super) fn pair_results(turns: Vec<Turn>, continues: bool) -> Vec<Value> {
    let mut items: Vec<Value> = Vec::new();
    let mut used: HashSet<String> = HashSet::new();
    let mut open: Vec<Call> = Vec::new();
    for mut turn in turns {
        if turn.by_model {
            open = name_calls(&mut turn.items, &mut used);
            items.extend(turn.items);
        } else {
            items.extend(answer(std::mem::take(&mut open), turn.items, continues));
        }
    }
    items.extend(answer(open, Vec::new(), continues));
    items
}

/// Gives each call of a turn an id of its own; a call that stands there twice is left out.
fn name_calls(items: &mut Vec<Value>, used: &mut HashSet<String>) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    items.retain_mut(|item| {
        let output = match item["type"].as_str() {
            Some("function_call") => "function_call_output",
            Some("custom_tool_call") => "custom_tool_call_output",
            _ => return true,
        };
        let id = item["call_id"].as_str().unwrap_or_default().to_owned();
        if calls.iter().any(|call| call.id == id) {
            return false;
        }
        let sent = unused(&id, used);
        used.insert(sent.clone());
        item["call_id"] = sent.as_str().into();
        calls.push(Call { id, sent, output });
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

fn answer(calls: Vec<Call>, items: Vec<Value>, continues: bool) -> Vec<Value> {
    let (mut results, rest): (Vec<Value>, Vec<Value>) = items
        .into_iter()
        .partition(|item| item["type"] == "function_call_output");
    let mut answered: Vec<Value> = calls
        .into_iter()
        .map(|call| {
            let found = results.iter().position(|it| it["call_id"] == *call.id);
            let output = match found {
                Some(index) => results.remove(index)["output"].take(),
                None => "there is no result: the call was not carried out".into(),
            };
            json!({"type": call.output, "call_id": call.sent, "output": output})
        })
        .collect();
    if continues {
        answered.extend(results);
    } else {
        answered.extend(results.iter().map(as_text));
    }
    answered.extend(rest);
    answered
}

fn as_text(result: &Value) -> Value {
    let id = result["call_id"].as_str().unwrap_or_default();
    let said =
        json!({"type": "input_text", "text": format!("[result of the earlier tool call {id}]")});
    let content: Vec<Value> = match &result["output"] {
        Value::Array(parts) => [said].into_iter().chain(parts.iter().cloned()).collect(),
        output => {
            let text = output.as_str().unwrap_or_default();
            let text = format!("[result of the earlier tool call {id}] {text}");
            vec![json!({"type": "input_text", "text": text})]
        }
    };
    json!({"type": "message", "role": "user", "content": content})
}

//! A response in the terms that clients are compared in.

use attractor_llm::{Response, ToolCall};
use serde_json::{Value, json};

/// What is compared of a response.
pub(super) fn facts(api: &str, response: &Response) -> Value {
    let calls = response.tool_calls();
    let pairs: Vec<Value> = calls
        .iter()
        .map(|call| json!([call.name, arguments(api, call)]))
        .collect();
    // Where a server gives no ids, ours are new with every reply.
    let raw = response.raw.as_ref().map(|raw| raw.to_string());
    let raw = raw.unwrap_or_default();
    let ids = calls.iter().map(|call| call.id.as_str());
    let ids: Vec<&str> = ids
        .filter(|id| api != "gemini-generate" || raw.contains(&format!("\"id\":\"{id}\"")))
        .collect();
    let usage = &response.usage;
    // The others count reasoning in the output everywhere.
    let beside = match api {
        "gemini-generate" => usage.reasoning_tokens.unwrap_or(0),
        _ => 0,
    };
    let reasoning = match api {
        "openai-responses" => summaries(response),
        _ => response.reasoning().unwrap_or_default(),
    };
    json!({
        "text": response.text(),
        "reasoning": reasoning,
        "tool_calls": pairs,
        "tool_call_ids": ids,
        "finish": response.finish_reason.reason,
        "usage": {
            "input": usage.total_input_tokens(),
            "output": usage.output_tokens + beside,
            "cache_read": usage.cache_read_tokens.unwrap_or(0),
            "cache_write": usage.cache_write_tokens.unwrap_or(0),
            "reasoning": usage.reasoning_tokens.unwrap_or(0),
        },
    })
}

/// The arguments as the other clients see them: of Chat Completions, what isn't JSON is raw text.
fn arguments(api: &str, call: &ToolCall) -> Value {
    let raw = call.raw_arguments.as_deref().unwrap_or_default();
    if api == "openai-chat" && call.invalid.is_some() && !raw.is_empty() {
        return serde_json::from_str(raw).unwrap_or_else(|_| json!({"__raw": raw}));
    }
    call.arguments.clone()
}

/// Where the facts aren't the expected ones; what nobody agrees on isn't compared.
pub(super) fn differences(facts: &Value, expected: &Value) -> Vec<(String, String)> {
    let places = ["text", "reasoning", "tool_calls", "tool_call_ids", "finish"];
    let counts = ["input", "output", "cache_read", "cache_write", "reasoning"];
    let of_usage = counts.map(|count| format!("usage/{count}"));
    let places = places.map(str::to_owned).into_iter().chain(of_usage);
    let compared = places.filter_map(|place| {
        let at = format!("/{place}");
        let expected = expected.pointer(&at).filter(|it| !it.is_null())?;
        let got = facts.pointer(&at).unwrap_or(&Value::Null);
        (got != expected).then(|| (place, format!("is {got} and not {expected}")))
    });
    compared.collect()
}

/// The reasoning as the other clients see it: summaries only, with nothing between them.
fn summaries(response: &Response) -> String {
    let output = response.raw.as_ref().map(|raw| &raw["output"]);
    let items = output.and_then(Value::as_array).into_iter().flatten();
    let summaries = items.filter_map(|item| item["summary"].as_array());
    let texts = summaries.flatten().filter_map(|part| part["text"].as_str());
    let readable = response.reasoning().unwrap_or_default();
    texts
        .inspect(|text| assert!(readable.contains(text), "{readable:?} has lost {text:?}"))
        .collect()
}

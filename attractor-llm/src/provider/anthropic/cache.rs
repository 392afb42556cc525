//! Where the prompt cache's breakpoints go; pure.
//!
//! The tools, the system prompt and the last two user turns each end in one: the first two hold
//! what never changes in a session, the turns let each request of an agent read what the one
//! before it stored. What the caller has marked counts towards the API's limit of four.

use serde_json::{Map, Value, json};

const MAX_BREAKPOINTS: usize = 4;
const USER_TURNS: usize = 2;

/// Marks the breakpoints that are still free.
pub(super) fn place(body: &mut Map<String, Value>, ttl: Option<&str>) {
    let mut free = MAX_BREAKPOINTS.saturating_sub(breakpoints(body));
    let mut mark = |block: Option<&mut Value>, ttl: Option<&str>| {
        if let Some(Value::Object(block)) = block
            && free > 0
            && !block.contains_key("cache_control")
        {
            block.insert("cache_control".to_owned(), marker(ttl));
            free -= 1;
        }
    };
    for (key, after) in [
        ("tools", &["system", "messages"][..]),
        ("system", &["messages"]),
    ] {
        // The API wants what is kept longer to come first.
        let longer = after.iter().find_map(|key| own_ttl(body.get(*key)));
        let blocks = body.get_mut(key).and_then(Value::as_array_mut);
        mark(
            blocks.and_then(|blocks| blocks.last_mut()),
            longer.as_deref().or(ttl),
        );
    }
    let turns = body.get_mut("messages").and_then(Value::as_array_mut);
    let user_turns = turns
        .into_iter()
        .flatten()
        .rev()
        .filter(|turn| turn["role"] == "user");
    for turn in user_turns.take(USER_TURNS) {
        let blocks = turn.get_mut("content").and_then(Value::as_array_mut);
        mark(
            blocks
                .into_iter()
                .flatten()
                .rfind(|block| takes_breakpoint(block)),
            ttl,
        );
    }
}

fn marker(ttl: Option<&str>) -> Value {
    match ttl {
        Some(ttl) => json!({"type": "ephemeral", "ttl": ttl}),
        None => json!({"type": "ephemeral"}),
    }
}

/// The lifetime that the caller gave to a breakpoint in these blocks or turns.
fn own_ttl(blocks: Option<&Value>) -> Option<String> {
    blocks?
        .as_array()?
        .iter()
        .find_map(|block| match &block["cache_control"]["ttl"] {
            Value::String(ttl) => Some(ttl.clone()),
            _ => own_ttl(block.get("content")),
        })
}

/// Whether anything in the body is marked.
pub(super) fn is_used(body: &Map<String, Value>) -> bool {
    breakpoints(body) > 0
}

fn takes_breakpoint(block: &Value) -> bool {
    matches!(
        block["type"].as_str(),
        Some("text" | "image" | "document" | "tool_result")
    )
}

fn breakpoints(body: &Map<String, Value>) -> usize {
    let top = usize::from(body.contains_key("cache_control"));
    let blocks = |value: Option<&Value>| -> usize {
        value
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|block| block.get("cache_control").is_some())
            .count()
    };
    let turns = body
        .get("messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let in_turns: usize = turns.map(|turn| blocks(turn.get("content"))).sum();
    top + blocks(body.get("tools")) + blocks(body.get("system")) + in_turns
}

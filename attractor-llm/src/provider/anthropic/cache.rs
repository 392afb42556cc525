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
    let marker = match ttl {
        Some(ttl) => json!({"type": "ephemeral", "ttl": ttl}),
        None => json!({"type": "ephemeral"}),
    };
    let mut mark = |block: Option<&mut Value>| {
        if let Some(Value::Object(block)) = block
            && free > 0
            && !block.contains_key("cache_control")
        {
            block.insert("cache_control".to_owned(), marker.clone());
            free -= 1;
        }
    };
    for key in ["tools", "system"] {
        mark(
            body.get_mut(key)
                .and_then(Value::as_array_mut)
                .and_then(|blocks| blocks.last_mut()),
        );
    }
    let turns = body.get_mut("messages").and_then(Value::as_array_mut);
    let user_turns = turns
        .into_iter()
        .flatten()
        .rev()
        .filter(|turn| turn["role"] == "user")
        .take(USER_TURNS);
    for turn in user_turns {
        let blocks = turn.get_mut("content").and_then(Value::as_array_mut);
        mark(
            blocks
                .into_iter()
                .flatten()
                .rfind(|block| takes_breakpoint(block)),
        );
    }
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

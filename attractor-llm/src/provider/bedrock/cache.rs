//! Where the prompt cache's points go; pure.
//!
//! The tools, the system prompt and the last two messages of the user each end in one, as with
//! Anthropic itself. Points that the caller has placed count towards the API's limit of four.

use serde_json::{Map, Value, json};

use super::model::ModelTraits;

const MAX_POINTS: usize = 4;
const USER_MESSAGES: usize = 2;

/// Places the points that are still free.
pub(super) fn place(body: &mut Map<String, Value>, traits: &ModelTraits, ttl: Option<&str>) {
    let mut free = MAX_POINTS.saturating_sub(points(body));
    let mut mark = |blocks: Option<&mut Vec<Value>>| {
        if let Some(blocks) = blocks.filter(|blocks| !blocks.is_empty() && free > 0)
            && !blocks.last().is_some_and(is_point)
        {
            blocks.push(point(ttl));
            free -= 1;
        }
    };
    if traits.caches_tools {
        let tools = body
            .get_mut("toolConfig")
            .and_then(|config| config.get_mut("tools"));
        mark(tools.and_then(Value::as_array_mut));
    }
    mark(body.get_mut("system").and_then(Value::as_array_mut));
    let messages = body.get_mut("messages").and_then(Value::as_array_mut);
    let of_user = messages.into_iter().flatten().rev();
    for message in of_user
        .filter(|it| it["role"] == "user")
        .take(USER_MESSAGES)
    {
        mark(message.get_mut("content").and_then(Value::as_array_mut));
    }
}

fn point(ttl: Option<&str>) -> Value {
    match ttl {
        Some(ttl) => json!({"cachePoint": {"type": "default", "ttl": ttl}}),
        None => json!({"cachePoint": {"type": "default"}}),
    }
}

fn is_point(block: &Value) -> bool {
    block.get("cachePoint").is_some()
}

fn points(body: &Map<String, Value>) -> usize {
    let count = |blocks: Option<&Value>| {
        let blocks = blocks.and_then(Value::as_array).into_iter().flatten();
        blocks.filter(|block| is_point(block)).count()
    };
    let tools = body
        .get("toolConfig")
        .and_then(|config| config.get("tools"));
    let messages = body
        .get("messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let in_messages: usize = messages.map(|message| count(message.get("content"))).sum();
    count(tools) + count(body.get("system")) + in_messages
}

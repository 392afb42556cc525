//! Marks of what is to be cached, for models that cache nothing unmarked; pure.
//!
//! The breakpoints are where the adapter for Anthropic sets them: after the last tool, after the
//! instructions and after the last two turns of the user, at most four in all.

use serde_json::{Map, Value, json};

/// The turns of the user that are marked: this request reads up to the one before the last, the next
/// one up to the last.
const TURNS: usize = 2;

/// Marks the body, unless it has marks already.
pub(super) fn mark(body: &mut Map<String, Value>) {
    let marked = |value: &Value| value.to_string().contains("\"cache_control\"");
    if body.values().any(marked) {
        return;
    }
    let tools = body.get_mut("tools").and_then(Value::as_array_mut);
    if let Some(Value::Object(tool)) = tools.and_then(|tools| tools.last_mut()) {
        tool.insert("cache_control".to_owned(), breakpoint());
    }
    let Some(messages) = body.get_mut("messages").and_then(Value::as_array_mut) else {
        return;
    };
    let leading = messages
        .iter()
        .take_while(|it| is_of(it, &["system"]))
        .count();
    if let Some(last) = leading.checked_sub(1) {
        mark_content(&mut messages[last]);
    }
    let turns = messages[leading..].iter_mut().rev();
    let turns = turns.filter(|message| is_of(message, &["user", "tool"]));
    turns.take(TURNS).for_each(mark_content);
}

fn is_of(message: &Value, roles: &[&str]) -> bool {
    message["role"]
        .as_str()
        .is_some_and(|role| roles.contains(&role))
}

/// Marks the last text of a message.
fn mark_content(message: &mut Value) {
    let content = &mut message["content"];
    if let Value::String(text) = content {
        if text.is_empty() {
            return;
        }
        *content = json!([{"type": "text", "text": text.as_str()}]);
    }
    let parts = content.as_array_mut().into_iter().flatten().rev();
    let text = parts.into_iter().find(|part| part["type"] == "text");
    if let Some(Value::Object(part)) = text {
        part.insert("cache_control".to_owned(), breakpoint());
    }
}

fn breakpoint() -> Value {
    json!({"type": "ephemeral"})
}

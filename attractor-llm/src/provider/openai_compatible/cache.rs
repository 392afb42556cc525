//! Marks of what is to be cached, for models that cache nothing unmarked; pure.
//!
//! The breakpoints are where the adapter for Anthropic sets them: after the last tool, after the
//! instructions and after the last two turns of the user, at most four in all.

use serde_json::{Value, json};

use super::message::ChatMessage;
use crate::provider::fields::Fields;

/// The turns of the user that are marked: this request reads up to the one before the last, the next
/// one up to the last.
const TURNS: usize = 2;

/// Marks the tools and the messages, unless anything has a mark already.
pub(super) fn mark(body: &mut Fields, messages: &mut [ChatMessage<'_>]) {
    let marked = |value: &Value| value.to_string().contains("\"cache_control\"");
    let said = messages.iter().flat_map(ChatMessage::values);
    if body.values().chain(said).any(marked) {
        return;
    }
    let tools = body.get_mut("tools").and_then(Value::as_array_mut);
    if let Some(Value::Object(tool)) = tools.and_then(|tools| tools.last_mut()) {
        tool.insert("cache_control".to_owned(), breakpoint());
    }
    let leading = messages
        .iter()
        .take_while(|it| it.role() == "system")
        .count();
    if let Some(last) = leading.checked_sub(1) {
        mark_content(&mut messages[last]);
    }
    let turns = messages[leading..].iter_mut().rev();
    let turns = turns.filter(|message| matches!(message.role(), "user" | "tool"));
    turns.take(TURNS).for_each(mark_content);
}

/// Marks the last text of a message.
fn mark_content(message: &mut ChatMessage<'_>) {
    let parts = message.parts().into_iter().flatten().rev();
    let text = parts.into_iter().find(|part| part["type"] == "text");
    if let Some(Value::Object(part)) = text {
        part.insert("cache_control".to_owned(), breakpoint());
    }
}

fn breakpoint() -> Value {
    json!({"type": "ephemeral"})
}

//! A conversation -> instructions and input items; pure.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::item::{Kept, Target};
use super::part;
use crate::error::Error;
use crate::provider::{instructions, tool_arguments};
use crate::types::{
    ContentPart, Message, Role, TextData, ThinkingData, ToolCallData, ToolResultData, Warning,
};

/// The type of calls to tools that take free text.
const CUSTOM: &str = "custom";

/// A conversation in the API's form.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) instructions: Vec<String>,
    pub(super) items: Vec<Value>,
    pub(super) warnings: Vec<Warning>,
}

/// Translates the messages.
///
/// System messages, and developer messages before anything else is said, become the instructions;
/// a later developer message stays in its place. What the API would reject is left out. Each call
/// has its result already ([`handoff`](crate::handoff)).
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a part that the API can't take.
pub(super) fn conversation(
    messages: &[Message],
    target: Target<'_>,
) -> Result<Conversation, Error> {
    let mut conversation = Conversation::default();
    let mut custom: HashSet<&str> = HashSet::new();
    for message in messages {
        let items = match message.role {
            Role::Assistant => {
                custom.extend(custom_calls(message));
                answer(message, target, &mut conversation.warnings)
            }
            Role::Developer if !conversation.items.is_empty() => {
                say("developer", message, target, &custom)?
            }
            Role::System | Role::Developer => {
                conversation
                    .instructions
                    .extend(instructions::text(message)?);
                continue;
            }
            Role::User | Role::Tool => say("user", message, target, &custom)?,
        };
        conversation.items.extend(items);
    }
    Ok(conversation)
}

/// The ids of the calls whose results have a form of their own.
fn custom_calls(message: &Message) -> impl Iterator<Item = &str> {
    message.content.iter().filter_map(|part| match part {
        ContentPart::ToolCall(data) if data.call_type == CUSTOM => Some(data.id.as_str()),
        _ => None,
    })
}

/// What the user, a tool or the application says: results of tools, and messages around them.
fn say(
    role: &str,
    message: &Message,
    target: Target<'_>,
    custom: &HashSet<&str>,
) -> Result<Vec<Value>, Error> {
    let mut items: Vec<Value> = Vec::new();
    let mut is_open = false;
    for given in &message.content {
        match given {
            ContentPart::ToolResult(data) => {
                items.push(result(data, target, custom)?);
                is_open = false;
            }
            ContentPart::Other(data) if data.provider == target.provider => {
                items.push(data.raw.clone());
                is_open = false;
            }
            _ => {
                let Some(content) = part::content(given, target)? else {
                    continue;
                };
                if is_open && let Some(list) = items.last_mut().map(|it| &mut it["content"]) {
                    push(list, content);
                } else {
                    items.push(json!({"type": "message", "role": role, "content": [content]}));
                    is_open = true;
                }
            }
        }
    }
    Ok(items)
}

fn result(
    data: &ToolResultData,
    target: Target<'_>,
    custom: &HashSet<&str>,
) -> Result<Value, Error> {
    let kind = if custom.contains(data.tool_call_id.as_str()) {
        "custom_tool_call_output"
    } else {
        "function_call_output"
    };
    let output = part::output(data, target)?;
    Ok(json!({"type": kind, "call_id": data.tool_call_id, "output": output}))
}

/// An item of the model's, and whether it is sent as the model itself made it.
struct Made {
    item: Value,
    is_own: bool,
}

/// What the model said.
///
/// Reasoning goes back with the item that follows it or not at all; without it the items of the
/// answer lose the ids that tie them to it.
fn answer(message: &Message, target: Target<'_>, warnings: &mut Vec<Warning>) -> Vec<Value> {
    let made = items(message, target, warnings, true);
    let thoughts = thoughts(message);
    let sent = made.iter().filter(|made| is_reasoning(&made.item)).count();
    let follows = |at: usize| {
        let next = made[at..].iter().find(|made| !is_reasoning(&made.item));
        next.is_some_and(|next| next.is_own || made[at].item.get("id").is_none())
    };
    let tied = (0..made.len()).all(|at| !is_reasoning(&made[at].item) || follows(at));
    let made = if sent == thoughts && tied {
        made
    } else {
        items(message, target, &mut Vec::new(), false)
    };
    made.into_iter().map(|made| made.item).collect()
}

fn thoughts(message: &Message) -> usize {
    let is_thought = |part: &&ContentPart| {
        matches!(
            part,
            ContentPart::Thinking(_) | ContentPart::RedactedThinking(_)
        )
    };
    message.content.iter().filter(is_thought).count()
}

fn is_reasoning(item: &Value) -> bool {
    item["type"] == "reasoning"
}

fn items(
    message: &Message,
    target: Target<'_>,
    warnings: &mut Vec<Warning>,
    tied: bool,
) -> Vec<Made> {
    let mut items: Vec<Made> = Vec::new();
    for part in &message.content {
        let made = match part {
            ContentPart::Text(data) => text(data, target, tied, &mut items),
            ContentPart::ToolCall(data) => Some(call(data, target, tied)),
            ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) if tied => {
                reasoning(data, target).map(|item| Made { item, is_own: true })
            }
            // What a tool of the provider did belongs to the reasoning before it.
            ContentPart::Other(data) if data.provider == target.provider && tied => Some(Made {
                item: data.raw.clone(),
                is_own: true,
            }),
            ContentPart::Image(_) | ContentPart::Audio(_) | ContentPart::Document(_) => {
                let text = format!("an answer's {} can't be sent back", part.kind());
                warnings.push(Warning::new("media_dropped", text));
                None
            }
            _ => None,
        };
        items.extend(made);
    }
    items
}

/// A text: a message of its own, unless it belongs to the one before.
fn text(data: &TextData, target: Target<'_>, tied: bool, items: &mut [Made]) -> Option<Made> {
    if data.text.is_empty() {
        return None;
    }
    let kept = Kept::of(data.provider_metadata.as_ref(), target);
    let part = kept.part();
    let mut content = match part.and_then(|part| part.get("type")) {
        Some(kind) if kind == "refusal" => json!({"type": "refusal", "refusal": data.text}),
        _ => json!({"type": "output_text", "text": data.text}),
    };
    fill(&mut content, part, &[]);
    let mut item = json!({"type": "message", "role": "assistant"});
    if kept.is_own {
        fill(
            &mut item,
            kept.item(),
            if tied { &[] } else { &["id", "status"] },
        );
    }
    if let Some(last) = items.last_mut()
        && last.item["type"] == "message"
        && last.is_own == kept.is_own
        && kept.item().and_then(|item| item.get("id")) == last.item.get("id")
    {
        push(&mut last.item["content"], content);
        return None;
    }
    item["content"] = json!([content]);
    let is_own = kept.is_own;
    Some(Made { item, is_own })
}

fn call(data: &ToolCallData, target: Target<'_>, tied: bool) -> Made {
    let kept = Kept::of(data.provider_metadata.as_ref(), target);
    let id = data.id.as_str();
    let mut item = if data.call_type == CUSTOM {
        let input = match &data.arguments {
            Value::String(input) => input.clone(),
            other => other.to_string(),
        };
        json!({"type": "custom_tool_call", "call_id": id, "name": data.name, "input": input})
    } else {
        json!({
            "type": "function_call", "call_id": id, "name": data.name, "arguments": tool_arguments::text(data),
        })
    };
    if kept.is_own {
        fill(&mut item, kept.item(), if tied { &[] } else { &["id"] });
    }
    let is_own = kept.is_own;
    Made { item, is_own }
}

/// The provider reads reasoning from its encrypted form, or by its id where it keeps its answers.
fn reasoning(data: &ThinkingData, target: Target<'_>) -> Option<Value> {
    let kept = Kept::of(data.provider_metadata.as_ref(), target);
    let mut item = json!({"type": "reasoning"});
    match kept.item() {
        Some(_) => fill(&mut item, kept.item(), &["encrypted_content"]),
        None if data.text.is_empty() => item["summary"] = json!([]),
        None => item["summary"] = json!([{"type": "summary_text", "text": data.text}]),
    }
    let signature = data.signature.as_deref().filter(|it| !it.is_empty());
    if let Some(signature) = signature {
        item["encrypted_content"] = signature.into();
    }
    let in_the_open = item["content"].as_array().is_some_and(|it| !it.is_empty());
    let by_id = target.stored && item["id"].is_string();
    (signature.is_some() || in_the_open || by_id).then_some(item)
}

fn fill(value: &mut Value, fields: Option<&Map<String, Value>>, without: &[&str]) {
    let Some(value) = value.as_object_mut() else {
        return;
    };
    for (key, field) in fields.into_iter().flatten() {
        if !without.contains(&key.as_str()) {
            value.entry(key.as_str()).or_insert_with(|| field.clone());
        }
    }
}

fn push(list: &mut Value, value: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

//! A conversation -> system blocks and strictly alternating turns; pure.

use serde_json::{Value, json};

use super::blocks::block;
use crate::error::Error;
use crate::types::{ContentPart, Message, Role};

/// A conversation in the API's form.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Value>,
    pub(super) turns: Vec<Turn>,
}

/// What one side says.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) role: &'static str,
    pub(super) content: Vec<Value>,
}

impl Turn {
    pub(super) fn into_value(self) -> Value {
        json!({"role": self.role, "content": self.content})
    }
}

/// Translates the messages.
///
/// System and developer messages go to the system prompt, turns of one role are merged, and what
/// the API would reject is left out. Each call has its result already
/// ([`handoff`](crate::handoff)).
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) for a part that the API can't
/// take.
pub(super) fn conversation(messages: &[Message], provider: &str) -> Result<Conversation, Error> {
    let mut conversation = Conversation::default();
    for message in messages {
        let blocks = blocks(message, provider)?;
        match message.role {
            Role::System | Role::Developer => conversation.system.extend(blocks),
            Role::Assistant => append(&mut conversation.turns, "assistant", blocks),
            Role::User | Role::Tool => append(&mut conversation.turns, "user", blocks),
        }
    }
    if conversation
        .turns
        .first()
        .is_some_and(|turn| turn.role == "assistant")
    {
        // The API wants the user to begin; a shortened history may not.
        let text = "(the beginning of the conversation is left out)";
        let content = vec![json!({"type": "text", "text": text})];
        conversation.turns.insert(
            0,
            Turn {
                role: "user",
                content,
            },
        );
    }
    trim_last(&mut conversation.turns);
    Ok(conversation)
}

fn blocks(message: &Message, provider: &str) -> Result<Vec<Value>, Error> {
    let translate = |part: &ContentPart| block(part, provider).transpose();
    message.content.iter().filter_map(translate).collect()
}

fn append(turns: &mut Vec<Turn>, role: &'static str, blocks: Vec<Value>) {
    if blocks.is_empty() {
        return;
    }
    match turns.last_mut() {
        Some(turn) if turn.role == role => turn.content.extend(blocks),
        _ => turns.push(Turn {
            role,
            content: blocks,
        }),
    }
}

/// The API rejects an answer begun for the model that ends in white space.
fn trim_last(turns: &mut [Turn]) {
    let Some(turn) = turns.last_mut().filter(|turn| turn.role == "assistant") else {
        return;
    };
    if let Some(last) = turn.content.last_mut()
        && last["type"] == "text"
        && let Some(text) = last["text"].as_str()
    {
        last["text"] = text.trim_end().into();
    }
}

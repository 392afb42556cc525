//! A conversation -> messages of the API; pure.
//!
//! It is given as [`hand_off`](crate::handoff) leaves it: each call has its result directly after its
//! turn, ids are accepted and unique, and no reasoning is another model's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::answer;
use super::compat::Compat;
use super::message::ChatMessage;
use super::part;
use crate::error::Error;
use crate::provider::{instructions, tool_output};
use crate::types::{ContentPart, Message, Role, ToolResultData, Warning};

/// Stands between results of tools and the user's next words, for services that want it.
const BRIDGE: &str = "I have seen the results.";

/// A conversation in the API's form.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) messages: Vec<ChatMessage<'a>>,
    pub(super) warnings: Vec<Warning>,
}

/// Translates the messages; `instructions` are added to those at the beginning.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] for a part that the service can't take.
pub(super) fn conversation<'a>(
    messages: &'a [Message],
    provider: &'a str,
    compat: &'a Compat,
    instructions: Option<String>,
) -> Result<Conversation<'a>, Error> {
    let instructing = |message: &&Message| matches!(message.role, Role::System | Role::Developer);
    let leading = messages.iter().take_while(instructing).count();
    let (first, rest) = messages.split_at(leading);
    let mut talk = Talk {
        provider,
        compat,
        conversation: Conversation {
            messages: Vec::with_capacity(messages.len()),
            warnings: Vec::new(),
        },
        calls: BTreeMap::new(),
        sent: BTreeSet::new(),
        pictures: Vec::new(),
    };
    talk.instruct(first, instructions)?;
    for message in rest {
        talk.message(message)?;
    }
    talk.show_pictures();
    Ok(talk.conversation)
}

/// A conversation while it is being translated.
struct Talk<'a> {
    provider: &'a str,
    compat: &'a Compat,
    conversation: Conversation<'a>,
    /// The calls so far, by the ids that their results name.
    calls: BTreeMap<&'a str, Called<'a>>,
    /// The ids that are sent.
    sent: BTreeSet<String>,
    /// Images of the last results, which have no place in those.
    pictures: Vec<Value>,
}

/// A call that was sent.
struct Called<'a> {
    tool: &'a str,
    /// The id that was sent: the service's own, where it made one that others don't take.
    id: String,
}

impl<'a> Talk<'a> {
    fn instruct(&mut self, first: &[Message], more: Option<String>) -> Result<(), Error> {
        let mut said: Vec<(&'static str, String)> = Vec::new();
        for message in first {
            let text = instructions::text(message)?;
            said.extend(text.map(|text| (self.role(message.role), text)));
        }
        said.extend(more.map(|text| ("system", text)));
        if self.compat.system_first && said.len() > 1 {
            let texts: Vec<String> = said.into_iter().map(|(_, text)| text).collect();
            said = vec![("system", texts.join("\n\n"))];
        }
        let messages = said
            .into_iter()
            .map(|(role, text)| ChatMessage::text(role, text));
        self.conversation.messages.extend(messages);
        Ok(())
    }

    fn message(&mut self, given: &'a Message) -> Result<(), Error> {
        match given.role {
            Role::Assistant => {
                let warnings = &mut self.conversation.warnings;
                if let Some(mut answer) = answer(given, self.provider, self.compat, warnings) {
                    self.remember(given, &mut answer);
                    self.push(ChatMessage::Answer(answer));
                }
            }
            Role::System | Role::Developer => {
                let role = if self.compat.system_first {
                    "user"
                } else {
                    self.role(given.role)
                };
                if let Some(text) = instructions::text(given)? {
                    self.push(ChatMessage::text(role, text));
                }
            }
            Role::User | Role::Tool => self.say(given)?,
        }
        Ok(())
    }

    /// Keeps what the results of a turn's calls need; an id that stands there already isn't repeated.
    fn remember(&mut self, given: &'a Message, answer: &mut Value) {
        let calls = given.content.iter().filter_map(|part| match part {
            ContentPart::ToolCall(call) => Some(call),
            _ => None,
        });
        let sent = answer.get_mut("tool_calls").and_then(Value::as_array_mut);
        let sent = sent.into_iter().flatten();
        for (call, sent) in calls.zip(sent) {
            let own = sent["id"].as_str().unwrap_or_default();
            if self.sent.contains(own) {
                sent["id"] = call.id.as_str().into();
            }
            let id = sent["id"].as_str().unwrap_or_default().to_owned();
            self.sent.insert(id.clone());
            let tool = &call.name;
            self.calls.insert(&call.id, Called { tool, id });
        }
    }

    /// Results of tools, and what the user says beside them.
    fn say(&mut self, given: &'a Message) -> Result<(), Error> {
        if let (Role::User, [ContentPart::Text(data)]) = (given.role, given.content.as_slice())
            && data.provider_metadata.is_none()
            && !data.text.is_empty()
        {
            self.push(ChatMessage::text("user", data.text.as_str()));
            return Ok(());
        }
        let mut content: Vec<Value> = Vec::new();
        let results = given.content.iter().filter_map(|part| match part {
            ContentPart::ToolResult(data) => Some(data),
            _ => None,
        });
        let mut results = results.peekable();
        if let (Role::Tool, Some(id), None) = (given.role, &given.tool_call_id, results.peek()) {
            // A tool message of plain text is the result of the call it names.
            return self.result(&ToolResultData::new(id, given.text()));
        }
        for result in results {
            self.result(result)?;
        }
        for given in &given.content {
            content.extend(part::content(given, self.provider, self.compat)?);
        }
        match content.as_slice() {
            [] => {}
            [part] if part["type"] == "text" && part.get("cache_control").is_none() => {
                let text = part["text"].as_str().unwrap_or_default().to_owned();
                self.push(ChatMessage::text("user", text));
            }
            _ => self.push(ChatMessage::user(content)),
        }
        Ok(())
    }

    fn result(&mut self, data: &ToolResultData) -> Result<(), Error> {
        let called = self.calls.get(data.tool_call_id.as_str());
        let id = called.map_or(&data.tool_call_id, |called| &called.id);
        let name = called.map(|called| called.tool);
        let mut text = tool_output::text(data);
        if let Some(picture) = &data.image {
            if text.is_empty() {
                "The result is the image below.".clone_into(&mut text);
            }
            let of = name.unwrap_or("tool");
            let said = format!("Image from {of}, call {id}:");
            self.pictures.push(json!({"type": "text", "text": said}));
            self.pictures.push(part::image(picture, self.provider)?);
        }
        let name = name.filter(|_| self.compat.tool_result_name);
        // Results stand together, and what they show after them.
        let result = ChatMessage::result(id, name, text);
        self.conversation.messages.push(result);
        Ok(())
    }

    fn push(&mut self, message: ChatMessage<'a>) {
        self.show_pictures();
        self.bridge(&message);
        self.conversation.messages.push(message);
    }

    fn show_pictures(&mut self) {
        if self.pictures.is_empty() {
            return;
        }
        let shown = ChatMessage::user(std::mem::take(&mut self.pictures));
        self.bridge(&shown);
        self.conversation.messages.push(shown);
    }

    fn bridge(&mut self, next: &ChatMessage<'_>) {
        let last = self.conversation.messages.last();
        let after_result = last.is_some_and(|last| last.role() == "tool");
        if self.compat.assistant_after_tool_result && after_result && next.role() == "user" {
            self.conversation
                .messages
                .push(ChatMessage::text("assistant", BRIDGE));
        }
    }

    fn role(&self, role: Role) -> &'static str {
        if role == Role::Developer && self.compat.developer_role {
            "developer"
        } else {
            "system"
        }
    }
}

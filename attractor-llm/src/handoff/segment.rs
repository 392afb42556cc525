//! What is said between two turns of the model: results of tools, and the rest; pure.

use crate::types::{ContentPart, Message, Role, ToolResultData};

/// A tool's result, taken out of its message.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) data: ToolResultData,
    /// The name that its message has.
    pub(super) name: Option<String>,
    /// Whether something else was said before it.
    pub(super) is_late: bool,
}

impl Answer {
    pub(super) fn into_message(self) -> Message {
        let mut message = Message::from(self.data);
        message.name = self.name;
        message
    }
}

/// The messages between two turns, taken apart.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) answers: Vec<Answer>,
    pub(super) rest: Vec<Message>,
}

impl Segment {
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.rest.is_empty()
    }

    /// Adds a message that isn't the model's.
    pub(super) fn add(&mut self, message: Message) {
        let has_result = message.content.iter().any(is_result);
        match (&message.tool_call_id, message.role) {
            (Some(id), Role::Tool) if !has_result => {
                let id = id.clone();
                self.add_plain(id, message);
            }
            _ if has_result => self.add_mixed(message),
            (_, Role::Tool) => self.add_rest(message),
            _ => self.rest.push(message),
        }
    }

    /// Takes the results out of a message and returns what is left of it.
    pub(super) fn take_answers(&mut self, message: Message) -> Message {
        let Message {
            role,
            content,
            name,
            tool_call_id,
        } = message;
        let mut rest = Vec::with_capacity(content.len());
        for part in content {
            match part {
                ContentPart::ToolResult(data) => self.answers.push(Answer {
                    data,
                    name: name.clone().filter(|_| role == Role::Tool),
                    is_late: !self.rest.is_empty() || !rest.is_empty(),
                }),
                part => rest.push(part),
            }
        }
        Message {
            content: rest.into(),
            name,
            tool_call_id,
            role,
        }
    }

    fn add_mixed(&mut self, message: Message) {
        let rest = self.take_answers(message);
        self.add_rest(rest);
    }

    /// A tool message of plain text is the result of the call it names.
    fn add_plain(&mut self, id: String, mut message: Message) {
        let mut data = ToolResultData::new(id, message.text());
        message.content.retain_mut(|part| match part {
            ContentPart::Text(_) => false,
            ContentPart::Image(image) if data.image.is_none() => {
                data.image = Some(std::mem::take(image));
                false
            }
            _ => true,
        });
        self.answers.push(Answer {
            data,
            name: message.name.clone(),
            is_late: !self.rest.is_empty(),
        });
        self.add_rest(message);
    }

    /// What a tool said beside its results is said by the user.
    fn add_rest(&mut self, mut message: Message) {
        if message.content.is_empty() {
            return;
        }
        if message.role == Role::Tool {
            message.role = Role::User;
            message.name = None;
        }
        message.tool_call_id = None;
        self.rest.push(message);
    }
}

pub(super) fn is_result(part: &ContentPart) -> bool {
    matches!(part, ContentPart::ToolResult(_))
}

//! The conversation: append-only and well-formed at any moment.

use std::time::SystemTime;

use attractor_llm::{ContentPart, Message, Response, Role, ToolCall, ToolResultData};

use super::turn::{AssistantTurn, Turn, has_content};
use crate::error::Error;

/// Told to the model for a call whose result never came.
const INTERRUPTED: &str =
    "The call was interrupted before its result was known. It may have had effects.";

/// The turns of a session.
#[derive(Debug, Default)]
pub(super) struct History {
    turns: Vec<Turn>,
    chars: usize,
    responses: u32,
}

impl History {
    pub(super) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Characters of all turns, kept while they are added.
    pub(super) fn chars(&self) -> usize {
        self.chars
    }

    /// How often the model has answered.
    pub(super) fn responses(&self) -> u32 {
        self.responses
    }

    pub(super) fn push_user(&mut self, content: String) {
        self.settle();
        self.push(Turn::User {
            content,
            timestamp: SystemTime::now(),
        });
    }

    pub(super) fn push_steering(&mut self, content: String) {
        self.settle();
        self.push(Turn::Steering {
            content,
            timestamp: SystemTime::now(),
        });
    }

    pub(super) fn push_response(&mut self, response: Response) {
        self.settle();
        self.responses += 1;
        self.push(Turn::Assistant(Box::new(AssistantTurn {
            message: response.message,
            usage: response.usage,
            response_id: response.id,
            finish_reason: response.finish_reason,
            timestamp: SystemTime::now(),
        })));
    }

    /// `results` has one entry per call of the last response, in its order.
    pub(super) fn push_results(&mut self, results: Vec<ToolResultData>) {
        self.push(Turn::ToolResults {
            results,
            timestamp: SystemTime::now(),
        });
    }

    /// Answers calls that an interrupted round left open, so that whatever comes next follows
    /// results.
    pub(super) fn settle(&mut self) {
        let results = self.open_results();
        if !results.is_empty() {
            self.push_results(results);
        }
    }

    /// What a request carries after its system message.
    pub(super) fn messages(&self, system: Message) -> Vec<Message> {
        let mut messages = Vec::with_capacity(self.turns.len() + 1);
        messages.push(system);
        self.turns
            .iter()
            .for_each(|turn| turn.to_messages(&mut messages));
        messages.extend(self.open_results().into_iter().map(Message::from));
        messages
    }

    fn open_results(&self) -> Vec<ToolResultData> {
        let Some(Turn::Assistant(turn)) = self.turns.last() else {
            return Vec::new();
        };
        let interrupted = |call: ToolCall| ToolResultData::new(call.id, INTERRUPTED).is_error(true);
        turn.tool_calls().into_iter().map(interrupted).collect()
    }

    fn push(&mut self, turn: Turn) {
        self.chars += turn.chars();
        self.turns.push(turn);
    }
}

/// Checks that a conversation is one that every provider takes: each tool call has exactly one
/// result, in order and before anything else; no result answers nothing; no answer is empty.
///
/// ```
/// use attractor_agent::check_history;
/// use attractor_llm::Message;
///
/// let conversation = [Message::user("hello"), Message::assistant("hi")];
/// assert!(check_history(&conversation).is_ok());
/// assert!(check_history(&[Message::tool_result("call-1", "orphan", false)]).is_err());
/// ```
///
/// # Errors
/// `InvalidInput` with the first thing that is wrong and where.
pub fn check_history(messages: &[Message]) -> Result<(), Error> {
    let mut open: std::collections::VecDeque<String> = std::collections::VecDeque::new();
    for (index, message) in messages.iter().enumerate() {
        let wrong = |what: &str| {
            Err(Error::invalid_input(format!(
                "message {index} ({:?}): {what}",
                message.role
            )))
        };
        for result in results_of(message) {
            match open.pop_front() {
                Some(expected) if expected == result.tool_call_id => {}
                Some(expected) => {
                    return wrong(&format!("expected the result of {expected}"));
                }
                None => return wrong(&format!("{} answers no open call", result.tool_call_id)),
            }
        }
        if message.role != Role::Tool {
            if let Some(id) = open.front() {
                return wrong(&format!("the call {id} has no result"));
            }
            if !has_content(message) {
                return wrong("it has no content");
            }
            open.extend(message.tool_calls().into_iter().map(|call| call.id));
        }
    }
    match open.front() {
        Some(id) => Err(Error::invalid_input(format!("the call {id} has no result"))),
        None => Ok(()),
    }
}

fn results_of(message: &Message) -> impl Iterator<Item = &ToolResultData> {
    message.content.iter().filter_map(|part| match part {
        ContentPart::ToolResult(result) => Some(result),
        _ => None,
    })
}

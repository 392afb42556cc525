//! Whether a conversation is one that every provider takes, and one that providers can cache; pure.

use std::collections::VecDeque;

use attractor_llm::{ContentPart, Message, Role, ToolResultData};

use super::turn::has_content;
use crate::error::Error;

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
    let mut open: VecDeque<String> = VecDeque::new();
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

/// Checks that a conversation goes on where another was: it begins with the same messages.
///
/// ```
/// use attractor_agent::check_extends;
/// use attractor_llm::Message;
///
/// let before = [Message::system("Be brief."), Message::user("hello")];
/// let mut after = before.to_vec();
/// after.push(Message::assistant("hi"));
/// assert!(check_extends(&before, &after).is_ok());
/// assert!(check_extends(&after, &before).is_err());
/// ```
///
/// # Errors
/// `InvalidInput` with the first message that differs.
pub fn check_extends(before: &[Message], after: &[Message]) -> Result<(), Error> {
    for (index, message) in before.iter().enumerate() {
        if after.get(index) != Some(message) {
            return Err(Error::invalid_input(format!(
                "message {index} ({:?}) isn't the one it was: {message:?}, now {:?}",
                message.role,
                after.get(index)
            )));
        }
    }
    Ok(())
}

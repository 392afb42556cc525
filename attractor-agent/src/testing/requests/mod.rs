//! Whether the requests of a session are what providers take and what they can cache, looked at as
//! they were sent.

mod wire;

use attractor_llm::testing::RecordedRequest;

use self::wire::{Item, Sent, Side, What};
use crate::error::Error;

/// Checks the requests that a [`ScriptedServer`](attractor_llm::testing::ScriptedServer) was sent,
/// in any of the protocols that it speaks.
///
/// - In each, every tool call has exactly one result, in the order of the calls and before anything
///   else is said.
/// - Each begins with the one before it of the same conversation and model, byte for byte: system
///   prompt, tools, and every item of the conversation. Marks that tell a provider where to cache
///   don't count, as they aren't part of what is cached.
///
/// Two requests belong to one conversation if system prompt, model and first item are the same, so
/// that the sessions of a parent and its subagents may share a server.
///
/// # Errors
/// `InvalidInput` with the request, counted from 0, and what is wrong with it.
pub fn check_requests(requests: &[RecordedRequest]) -> Result<(), Error> {
    let mut last: Vec<Sent> = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        let wrong = |what: String| {
            Error::invalid_input(format!("request {index} ({}): {what}", request.path))
        };
        let Some(sent) = wire::read(request).map_err(wrong)? else {
            continue;
        };
        check_pairs(&sent.items).map_err(wrong)?;
        match last.iter_mut().find(|before| before.is_same_talk(&sent)) {
            Some(before) => {
                check_beginning(before, &sent).map_err(wrong)?;
                *before = sent;
            }
            None => last.push(sent),
        }
    }
    Ok(())
}

/// Each call has its result, in order, before the model or the user says anything else.
fn check_pairs(items: &[Item]) -> Result<(), String> {
    let mut open = std::collections::VecDeque::new();
    let mut before = Side::User;
    for (index, item) in items.iter().enumerate() {
        let unanswered = || open_call(index, open.front());
        match &item.what {
            What::Result(id) => match open.pop_front() {
                Some(expected) if expected == *id => {}
                Some(expected) => {
                    return Err(format!(
                        "item {index}: expected the result of {expected}, not {id}"
                    ));
                }
                None => return Err(format!("item {index}: {id} answers no open call")),
            },
            What::Call(id) if item.side == before || open.is_empty() => {
                open.push_back(id.clone());
            }
            What::Other if item.side == Side::Model && before == Side::Model => {}
            _ if open.is_empty() => {}
            _ => return Err(unanswered()),
        }
        before = item.side;
    }
    match open.front() {
        Some(id) => Err(open_call(items.len(), Some(id))),
        None => Ok(()),
    }
}

fn open_call(index: usize, id: Option<&String>) -> String {
    let id = id.map_or("", String::as_str);
    format!("before item {index}: the call {id} has no result")
}

fn check_beginning(before: &Sent, after: &Sent) -> Result<(), String> {
    if before.tools != after.tools {
        return Err(format!(
            "its tools aren't those before: {}, now {}",
            before.tools, after.tools
        ));
    }
    for (index, item) in before.items.iter().enumerate() {
        match after.items.get(index) {
            Some(now) if now.text == item.text => {}
            now => {
                return Err(format!(
                    "item {index} isn't the one it was: {}, now {}",
                    item.text,
                    now.map_or("nothing", |now| &now.text)
                ));
            }
        }
    }
    Ok(())
}

impl Sent {
    fn is_same_talk(&self, other: &Self) -> bool {
        let first = |sent: &Self| sent.items.first().map(|item| item.text.clone());
        self.model == other.model && self.system == other.system && first(self) == first(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<Item> {
        let item = |word: &str| {
            let (side, what) = match word.split_at(1) {
                ("c", id) => (Side::Model, What::Call(id.to_owned())),
                ("r", id) => (Side::User, What::Result(id.to_owned())),
                ("m", _) => (Side::Model, What::Other),
                _ => (Side::User, What::Other),
            };
            let text = word.to_owned();
            Item { side, what, text }
        };
        text.split_whitespace().map(item).collect()
    }

    #[test]
    fn every_call_needs_one_result_in_order() {
        for good in [
            "u m",
            "u m c1 c2 r1 r2 u",
            "u c1 m c2 r1 r2 c1 r1",
            "u c1 r1 u m",
        ] {
            assert_eq!(check_pairs(&items(good)), Ok(()), "{good}");
        }
        for bad in [
            "u c1",
            "u c1 u",
            "u c1 c2 r2 r1",
            "u c1 r1 r1",
            "u r1",
            "u c1 c2 r1 m r2",
        ] {
            assert!(check_pairs(&items(bad)).is_err(), "{bad}");
        }
    }
}

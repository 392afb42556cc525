//! Tool calls and their results, one to one; pure.

use std::collections::HashSet;

use serde_json::Value;

use super::Target;
use super::change::{Change, Changes};
use super::ids::UsedIds;
use super::segment::{Answer, Segment, is_result};
use crate::types::{ContentPart, Message, Role, ToolCallData, ToolResultData};

/// How the result begins that stands for a missing one.
pub(crate) const NO_RESULT: &str = "there is no result: the call was not carried out";

/// Gives every call exactly one result, directly after its turn.
pub(super) fn pair(
    messages: Vec<Message>,
    target: &Target<'_>,
    changes: &mut Changes,
) -> Vec<Message> {
    if is_paired(&messages, target) {
        return messages;
    }
    let mut pairing = Pairing {
        target,
        changes,
        used: UsedIds::default(),
        messages: Vec::with_capacity(messages.len() + 1),
    };
    let mut turn: Vec<Message> = Vec::new();
    let mut segment = Segment::default();
    for message in messages {
        if message.role != Role::Assistant {
            segment.add(message);
            continue;
        }
        // Results that stand in the answer itself come after it like all others.
        let mut found = Segment::default();
        let message = found.take_answers(message);
        if !message.content.is_empty() {
            if !segment.is_empty() {
                pairing.close(std::mem::take(&mut turn), std::mem::take(&mut segment));
            }
            turn.push(message);
        }
        segment.answers.append(&mut found.answers);
    }
    pairing.close(turn, segment);
    pairing.messages
}

/// Whether there is nothing to do.
fn is_paired(messages: &[Message], target: &Target<'_>) -> bool {
    let mut seen = Seen::default();
    messages.iter().all(|message| match message.role {
        Role::Assistant => seen.turn(message, target),
        Role::Tool => seen.results(message, target),
        _ => {
            seen.results_are_over = true;
            seen.open.is_empty() && !message.content.iter().any(is_result)
        }
    }) && seen.open.is_empty()
}

/// What a look over the conversation has found so far.
#[derive(Default)]
struct Seen<'a> {
    used: HashSet<&'a str>,
    /// The calls still without a result, the last one first.
    open: Vec<&'a str>,
    results_are_over: bool,
}

impl<'a> Seen<'a> {
    fn turn(&mut self, message: &'a Message, target: &Target<'_>) -> bool {
        if !self.open.is_empty() || message.content.iter().any(is_result) {
            return false;
        }
        self.results_are_over = false;
        for part in &message.content {
            if let ContentPart::ToolCall(call) = part {
                if !target.tool_call_ids.accepts(&call.id) || !self.used.insert(&call.id) {
                    return false;
                }
                self.open.push(&call.id);
            }
        }
        self.open.reverse();
        true
    }

    fn results(&mut self, message: &'a Message, target: &Target<'_>) -> bool {
        let ids = |part: &'a ContentPart| match part {
            ContentPart::ToolResult(data) => Some(data.tool_call_id.as_str()),
            _ => None,
        };
        let named = |id: &str| message.tool_call_id.as_deref().is_none_or(|it| it == id);
        !message.content.is_empty()
            && message.content.iter().all(|part| {
                ids(part).is_some_and(|id| {
                    let answers = match self.open.last() {
                        Some(open) => *open == id,
                        None => self.is_kept(id, target),
                    };
                    self.open.pop();
                    answers && (named(id) || message.content.len() > 1)
                })
            })
    }

    /// Whether a result without a call here belongs to the conversation that the provider keeps.
    fn is_kept(&mut self, id: &'a str, target: &Target<'_>) -> bool {
        target.continues
            && !self.results_are_over
            && target.tool_call_ids.accepts(id)
            && self.used.insert(id)
    }
}

/// The conversation as far as it is put together again.
struct Pairing<'a, 'b> {
    target: &'a Target<'b>,
    changes: &'a mut Changes,
    used: UsedIds,
    messages: Vec<Message>,
}

/// A call of the turn that is being closed.
struct Call {
    /// The id that its result names.
    id: String,
    /// The id that is sent.
    sent: String,
    name: String,
    invalid: Option<String>,
}

impl Pairing<'_, '_> {
    /// Appends a turn of the model and what follows it.
    fn close(&mut self, mut turn: Vec<Message>, segment: Segment) {
        self.merge(&mut turn);
        let calls = turn
            .last_mut()
            .map_or_else(Vec::new, |message| self.name_calls(message));
        self.messages.extend(turn);
        self.answer(calls, segment.answers);
        self.messages.extend(segment.rest);
    }

    /// Puts all calls of the turn into its last message.
    fn merge(&mut self, turn: &mut Vec<Message>) {
        let calls = |message: &Message| message.content.iter().any(is_call);
        let Some(first) = turn.iter().position(calls) else {
            return;
        };
        let mut more = turn.split_off(first + 1).into_iter().peekable();
        if more.peek().is_none() {
            return;
        }
        self.changes.add(Change::Turn, "assistant");
        for message in more {
            let whole = &mut turn[first];
            whole.content.extend(message.content);
            whole.name = whole.name.take().or(message.name);
        }
    }

    /// Gives each call of a turn an id of its own; one that stands there twice is left out.
    fn name_calls(&mut self, message: &mut Message) -> Vec<Call> {
        let mut calls: Vec<Call> = Vec::new();
        let mut kept: Vec<ContentPart> = Vec::with_capacity(message.content.len());
        let mut originals: HashSet<String> = HashSet::new();
        for mut part in std::mem::take(&mut message.content) {
            if let ContentPart::ToolCall(call) = &mut part {
                let is_new = originals.insert(identity(call));
                if !is_new {
                    self.changes.add(Change::Twice, call.id.as_str());
                    continue;
                }
                let sent = self.used.take(self.target.tool_call_ids, &call.id);
                let id = std::mem::replace(&mut call.id, sent.clone());
                if id != sent {
                    self.changes.add(Change::Id, format!("{sent} for {id}"));
                }
                calls.push(Call {
                    id,
                    sent,
                    name: call.name.clone(),
                    invalid: call.invalid.clone(),
                });
            }
            kept.push(part);
        }
        message.content = kept.into();
        calls
    }

    /// Appends the result of each call, then the results that have none.
    fn answer(&mut self, calls: Vec<Call>, answers: Vec<Answer>) {
        let mut answers: Vec<Option<Answer>> = answers.into_iter().map(Some).collect();
        let mut next = 0;
        for call in calls {
            let is_its = |answer: &Option<Answer>| {
                answer
                    .as_ref()
                    .is_some_and(|it| it.data.tool_call_id == call.id)
            };
            let at = answers.iter().position(is_its);
            let found = at.and_then(|at| Some((at, answers[at].take()?)));
            let Some((at, mut answer)) = found else {
                self.messages.push(self.missing(&call));
                self.changes.add(Change::Missing, call.sent);
                continue;
            };
            if answer.is_late || at < next {
                self.changes.add(Change::Order, call.sent.as_str());
            }
            next = next.max(at + 1);
            answer.data.tool_call_id = call.sent;
            self.messages.push(answer.into_message());
        }
        let mut texts = Vec::new();
        for orphan in answers.into_iter().flatten() {
            if self.is_kept(&orphan) {
                self.keep(orphan);
                continue;
            }
            let id = &orphan.data.tool_call_id;
            self.changes.add(Change::Orphan, id.as_str());
            texts.push(self.as_text(orphan.data));
        }
        self.messages.extend(texts);
    }

    /// Whether a result without a call here belongs to the conversation that the provider keeps.
    fn is_kept(&self, answer: &Answer) -> bool {
        let id = self
            .target
            .tool_call_ids
            .accepted(&answer.data.tool_call_id);
        self.target.continues && !self.used.contains(&id)
    }

    fn keep(&mut self, mut answer: Answer) {
        let id = std::mem::take(&mut answer.data.tool_call_id);
        let sent = self.used.take(self.target.tool_call_ids, &id);
        if id != sent {
            self.changes.add(Change::Id, format!("{sent} for {id}"));
        }
        answer.data.tool_call_id = sent;
        self.messages.push(answer.into_message());
    }

    fn missing(&self, call: &Call) -> Message {
        let text = match &call.invalid {
            Some(reason) => format!("{NO_RESULT} ({reason})"),
            None => NO_RESULT.to_owned(),
        };
        Message::tool_result(&call.sent, text, true).name(&call.name)
    }

    fn as_text(&self, data: ToolResultData) -> Message {
        let id = self.target.tool_call_ids.accepted(&data.tool_call_id);
        let what = if data.is_error { "error" } else { "result" };
        let text = match data.content {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let text = format!("[{what} of the earlier tool call {id}] {text}");
        let image = data.image.map(ContentPart::Image);
        let parts = [ContentPart::text(text)].into_iter().chain(image);
        Message::new(Role::User, parts.collect())
    }
}

fn is_call(part: &ContentPart) -> bool {
    matches!(part, ContentPart::ToolCall(_))
}

/// What makes two calls of a turn the same one.
fn identity(call: &ToolCallData) -> String {
    format!("{:?} {:?} {}", call.id, call.name, call.arguments)
}

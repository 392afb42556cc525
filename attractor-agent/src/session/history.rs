//! The conversation: append-only and well-formed at any moment.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use attractor_llm::{Message, ToolResultData};

use super::{
    record::{Line, Record, Replayed},
    turn::{AssistantTurn, Turn},
};
use crate::error::Error;

/// Told to the model for a call whose result never came.
const INTERRUPTED: &str =
    "The call was interrupted before its result was known. It may have had effects.";

/// The result of a call, once it is known.
pub(super) type Known = Option<(ToolResultData, SystemTime)>;

/// The turns of a session, and the file that they are written to.
#[derive(Debug, Default)]
pub(super) struct History {
    turns: Vec<Turn>,
    /// The results of the last answer's calls, each as it came, with its time.
    open: Mutex<Vec<Known>>,
    chars: usize,
    responses: u32,
    record: Option<Record>,
}

impl History {
    /// The conversation that a file has, which goes on there.
    pub(super) fn restored(replayed: &mut Replayed, record: Record) -> Self {
        let mut history = Self::default();
        for turn in replayed.turns.drain(..) {
            history.push(turn);
        }
        history.open = Mutex::new(std::mem::take(&mut replayed.open));
        history.record = Some(record);
        history
    }

    /// Its first `turns` turns, without a file.
    pub(super) fn fork(&self, turns: usize) -> Self {
        let mut history = Self::default();
        for turn in &self.turns[..turns] {
            history.push(turn.clone());
        }
        if turns == self.turns.len() {
            history.open = Mutex::new(self.open().clone());
        }
        history
    }

    /// Writes what there is to a new file, and what comes from now on.
    pub(super) fn record_to(&mut self, record: Record) -> Result<(), Error> {
        for turn in &self.turns {
            Line::each_of(turn, |line| record.append(&line));
        }
        for (call, result) in self.open().iter().enumerate() {
            if let Some((result, at)) = result {
                record.append(&Line::result(call, result, *at));
            }
        }
        record.flush()?;
        self.record = Some(record);
        Ok(())
    }

    pub(super) fn is_recorded(&self) -> bool {
        self.record.is_some()
    }

    /// Writes a line that isn't a turn.
    pub(super) fn note(&self, line: &Line<'_>) {
        if let Some(record) = &self.record {
            record.append(line);
        }
    }

    /// Sees to it that all there is stands in the file.
    pub(super) fn save(&self) -> Result<(), Error> {
        self.record.as_ref().map_or(Ok(()), Record::flush)
    }

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
        let timestamp = SystemTime::now();
        self.add(Turn::User { content, timestamp });
    }

    pub(super) fn push_steering(&mut self, content: String) {
        let timestamp = SystemTime::now();
        self.add(Turn::Steering { content, timestamp });
    }

    pub(super) fn push_system(&mut self, content: String) {
        let timestamp = SystemTime::now();
        self.add(Turn::System { content, timestamp });
    }

    pub(super) fn push_answer(&mut self, answer: AssistantTurn) {
        self.add(Turn::Assistant(Box::new(answer)));
    }

    /// Keeps the result of one of the last answer's calls, as soon as it is known.
    pub(super) fn answer_call(&self, call: usize, result: ToolResultData) {
        let now = SystemTime::now();
        self.note(&Line::result(call, &result, now));
        let mut open = self.open();
        if open.len() <= call {
            open.resize(call + 1, None);
        }
        open[call] = Some((result, now));
    }

    /// Ends the round of the last answer's calls: those without a result are answered, so that
    /// whatever comes next follows results.
    pub(super) fn settle(&mut self) {
        let results = self.open_results();
        if results.is_empty() {
            return;
        }
        let known = std::mem::take(&mut *self.open());
        let mut timestamp = known.iter().flatten().map(|(_, at)| *at).max();
        for (call, result) in results.iter().enumerate() {
            if known.get(call).is_none_or(Option::is_none) {
                let at = *timestamp.insert(SystemTime::now());
                self.note(&Line::result(call, result, at));
            }
        }
        let timestamp = timestamp.unwrap_or_else(SystemTime::now);
        self.push(Turn::of_results(results, timestamp));
    }

    /// What a request carries after its system message.
    pub(super) fn messages(&self, system: Message) -> Vec<Message> {
        let mut messages = Vec::with_capacity(2 * self.turns.len() + 1);
        messages.push(system);
        for turn in &self.turns {
            turn.to_messages(&mut messages);
        }
        messages.extend(self.open_results().into_iter().map(Message::from));
        messages
    }

    /// One result for each call of the last answer, if it has no results yet.
    fn open_results(&self) -> Vec<ToolResultData> {
        let Some(Turn::Assistant(turn)) = self.turns.last() else {
            return Vec::new();
        };
        let mut known = self.open().clone().into_iter();
        let result = |id: &str| {
            let interrupted = || ToolResultData::new(id, INTERRUPTED).is_error(true);
            known
                .next()
                .flatten()
                .map_or_else(interrupted, |(result, _)| result)
        };
        turn.call_ids().map(result).collect()
    }

    fn add(&mut self, turn: Turn) {
        self.settle();
        if self.record.is_some() {
            Line::each_of(&turn, |line| self.note(&line));
        }
        self.push(turn);
    }

    fn push(&mut self, turn: Turn) {
        self.chars += turn.chars();
        self.responses += u32::from(matches!(turn, Turn::Assistant(_)));
        self.turns.push(turn);
    }

    fn open(&self) -> MutexGuard<'_, Vec<Known>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

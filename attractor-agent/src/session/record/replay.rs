//! The lines of a file -> the session they tell of; pure.

use std::time::Duration;

use super::line::{Header, Line, VERSION};
use crate::{
    error::Error,
    session::{budget::Spent, history::Known, prompts::Prompts, turn::Turn},
};

/// What a session's file says.
#[derive(Debug)]
pub(in crate::session) struct Replayed {
    pub(in crate::session) header: Header,
    pub(in crate::session) prompts: Prompts,
    pub(in crate::session) turns: Vec<Turn>,
    /// The results of the last answer's calls, while some are missing.
    pub(in crate::session) open: Vec<Known>,
    pub(in crate::session) spent: Spent,
}

/// Reads the lines of a file, the first of which has the number 1.
///
/// # Errors
/// `InvalidInput` for a later version, a line that isn't one, or one that can't stand where it does.
pub(super) fn replay<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Replayed, Error> {
    let mut replayed: Option<Replayed> = None;
    for (index, line) in lines.enumerate() {
        let wrong = |what: &dyn std::fmt::Display| {
            Error::invalid_input(format!("line {} of the session's file: {what}", index + 1))
        };
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| wrong(&error))?;
        match (&mut replayed, line) {
            (None, Line::Session(header)) => replayed = Some(begin(header)?),
            (None, _) => return Err(wrong(&"the first line isn't that of a session")),
            (Some(replayed), line) => replayed.take(line).map_err(|what| wrong(&what))?,
        }
    }
    replayed.ok_or_else(|| Error::invalid_input("the session's file is empty"))
}

fn begin(header: Header) -> Result<Replayed, Error> {
    if header.version > VERSION {
        return Err(Error::invalid_input(format!(
            "the session's file has the format {}, and this version reads up to {VERSION}",
            header.version
        )));
    }
    Ok(Replayed {
        header,
        prompts: Prompts::default(),
        turns: Vec::new(),
        open: Vec::new(),
        spent: Spent::default(),
    })
}

impl Replayed {
    fn take(&mut self, line: Line<'_>) -> Result<(), &'static str> {
        match line {
            Line::Session(_) => return Err("a second session begins"),
            Line::Prompt {
                provider,
                model,
                system,
                tools,
            } => self
                .prompts
                .add(&provider, &model, &system, tools.into_owned()),
            Line::Model { provider, model } => {
                if !self.prompts.choose(&provider, &model) {
                    return Err("a model without a prompt");
                }
            }
            Line::User(said) => {
                let (content, timestamp) = said.into_parts();
                self.push(Turn::User { content, timestamp })?;
            }
            Line::System(said) => {
                let (content, timestamp) = said.into_parts();
                self.push(Turn::System { content, timestamp })?;
            }
            Line::Steering(said) => {
                let (content, timestamp) = said.into_parts();
                self.push(Turn::Steering { content, timestamp })?;
            }
            Line::Assistant(answer) => {
                let answer = answer.into_turn();
                let calls = answer.call_ids().count();
                self.spent.add(&answer.usage, answer.cost_micro_usd);
                self.push(Turn::Assistant(Box::new(answer)))?;
                self.open = vec![None; calls];
            }
            Line::Result { call, result, at } => {
                let open = self.open.get_mut(call).filter(|open| open.is_none());
                *open.ok_or("a result that answers no open call")? =
                    Some((result.into_owned(), at));
                if self.open.iter().all(Option::is_some) {
                    let known = self.open.drain(..).flatten();
                    let (results, times): (_, Vec<_>) = known.unzip();
                    let timestamp = times.into_iter().max().unwrap_or(at);
                    self.turns.push(Turn::of_results(results, timestamp));
                }
            }
            Line::Spent {
                cost_micro_usd,
                tokens,
                turns,
                wall_time_ms,
            } => {
                self.spent = Spent {
                    cost_micro_usd,
                    tokens,
                    turns,
                    wall_time: Duration::from_millis(wall_time_ms),
                };
            }
        }
        Ok(())
    }

    fn push(&mut self, turn: Turn) -> Result<(), &'static str> {
        if !self.open.is_empty() {
            return Err("a turn before the results of the calls before it");
        }
        self.turns.push(turn);
        Ok(())
    }
}

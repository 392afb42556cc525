//! What a model that supervises decides.

use crate::state::{Outcome, StageStatus};

/// What to do about the child run in a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Let it go on.
    Continue,
    /// Tell it something.
    Steer(String),
    /// Stop it: it has done enough.
    Stop(String),
    /// Stop it: it won't do it.
    Escalate(String),
}

/// Words for the decisions, as a model is told them.
const WORDS: [&str; 4] = ["continue", "steer", "stop", "escalate"];

impl Decision {
    /// The decision in the outcome that a model reported, else in the last line of its answer
    /// that begins with one of the words.
    pub(super) fn find(said: Option<&Outcome>, response: &str) -> Option<Self> {
        if let Some(outcome) = said {
            let words = [outcome.preferred_label.as_deref(), outcome.word.as_deref()];
            let word = words.into_iter().flatten().find_map(known);
            let notes = [outcome.notes.as_str(), response];
            let notes = notes.into_iter().find(|text| !text.trim().is_empty());
            match (word, outcome.status) {
                (Some(word), _) => return Self::new(word, notes.unwrap_or_default()),
                (None, StageStatus::Fail) => {
                    let reason = outcome.failure_reason.as_deref().or(notes);
                    return Some(Self::Escalate(reason.unwrap_or_default().to_owned()));
                }
                _ => {}
            }
        }
        let lines: Vec<&str> = response.lines().collect();
        let place = lines.iter().rposition(|line| split(line).is_some())?;
        let (word, first) = split(lines[place])?;
        let rest = [&[first], &lines[place + 1..]].concat().join("\n");
        Self::new(word, &rest)
    }

    fn new(word: &str, message: &str) -> Option<Self> {
        let message = message.trim().to_owned();
        Some(match word {
            "steer" if message.is_empty() => return None,
            "steer" => Self::Steer(message),
            "stop" => Self::Stop(message),
            "escalate" => Self::Escalate(message),
            _ => Self::Continue,
        })
    }
}

fn known(text: &str) -> Option<&'static str> {
    let text = text.trim();
    WORDS
        .into_iter()
        .find(|word| word.eq_ignore_ascii_case(text))
}

/// The word that a line begins with, and what follows its colon.
fn split(line: &str) -> Option<(&'static str, &str)> {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '*' | '#' | '-' | '>' | '`' | '"');
    let line = line.trim_start_matches(is_mark);
    let end = line
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(line.len());
    let word = known(&line[..end])?;
    let rest = line[end..].trim_start_matches(is_mark);
    match rest.strip_prefix(':') {
        Some(message) => Some((word, message.trim_start_matches(is_mark))),
        None => rest
            .trim_matches(|c| is_mark(c) || c == '.')
            .is_empty()
            .then_some((word, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(response: &str) -> Option<Decision> {
        Decision::find(None, response)
    }

    #[test]
    fn the_last_line_that_begins_with_a_decision_counts() {
        assert_eq!(decided("All is well.\nCONTINUE"), Some(Decision::Continue));
        let text = "stop: no\n**STEER**: run the tests first\nand then commit";
        let message = "run the tests first\nand then commit".to_owned();
        assert_eq!(decided(text), Some(Decision::Steer(message)));
        let why = "it loops".to_owned();
        assert_eq!(
            decided("- escalate: it loops"),
            Some(Decision::Escalate(why))
        );
        assert_eq!(decided("It should continue with the tests."), None);
        assert_eq!(decided("steer:"), None);
        assert_eq!(decided("Stop digging, I'd say."), None);
    }

    #[test]
    fn a_reported_outcome_counts_before_the_answer() {
        let outcome = Outcome::success()
            .with_preferred_label("Steer")
            .with_notes("use sqlite");
        let decision = Decision::find(Some(&outcome), "CONTINUE");
        assert_eq!(decision, Some(Decision::Steer("use sqlite".to_owned())));
        let failed = Outcome::fail("out of ideas");
        let decision = Decision::find(Some(&failed), "");
        assert_eq!(
            decision,
            Some(Decision::Escalate("out of ideas".to_owned()))
        );
        assert_eq!(Decision::find(Some(&Outcome::success()), ""), None);
    }
}

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::run::limits::{
    FAN_IN_CANDIDATE_CHARACTERS, FAN_IN_PROMPT_CHARACTERS, FAN_IN_REASON_CHARACTERS, FAN_IN_REASONS,
};
use crate::state::{Context, StageStatus};
use crate::text::truncate;

/// The result of one branch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) status: StageStatus,
    pub(super) outcome: String,
    pub(super) score: f64,
    pub(super) notes: String,
    pub(super) updates: BTreeMap<String, Value>,
}

impl Candidate {
    fn read(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let status = StageStatus::from_word(text("status")?)?;
        let updates = entry.get("context_updates").and_then(Value::as_object);
        let updates = updates.into_iter().flatten();
        Some(Self {
            id: text("id")?.to_owned(),
            status,
            outcome: text("outcome").unwrap_or(status.as_str()).to_owned(),
            score: entry.get("score").and_then(Value::as_f64).unwrap_or(0.0),
            notes: text("notes").unwrap_or_default().to_owned(),
            updates: updates.map(|(k, v)| (k.clone(), v.clone())).collect(),
        })
    }

    pub(super) fn is_good(&self) -> bool {
        self.status.is_success()
    }
}

/// What `parallel.results` has; an entry that isn't one of ours is passed over.
pub(super) fn candidates(context: &Context) -> Vec<Candidate> {
    let results = context.get("parallel.results").and_then(Value::as_array);
    let entries = results.into_iter().flatten();
    entries.filter_map(Candidate::read).collect()
}

/// The place of the best one: by status, then by score, then by id.
///
/// Source: attractor-spec 4.9.
pub(super) fn best(candidates: &[Candidate]) -> Option<usize> {
    let better = |a: &Candidate, b: &Candidate| {
        let by_status = Reverse(a.status == StageStatus::Success)
            .cmp(&Reverse(b.status == StageStatus::Success));
        by_status
            .then(b.score.total_cmp(&a.score))
            .then_with(|| a.id.cmp(&b.id))
    };
    let places = candidates.iter().enumerate();
    let best = places.min_by(|(_, a), (_, b)| better(a, b));
    best.map(|(place, _)| place)
}

/// The candidates as a model gets to see them, and what it's to answer.
pub(super) fn describe(candidates: &[Candidate]) -> String {
    let room = FAN_IN_PROMPT_CHARACTERS / candidates.len().max(1);
    let mut text = "Candidates:\n".to_owned();
    for candidate in candidates {
        let Candidate {
            id, outcome, score, ..
        } = candidate;
        let mut about = format!("outcome: {outcome}\nscore: {score}\n");
        if !candidate.notes.is_empty() {
            let _ = writeln!(about, "notes: {}", candidate.notes);
        }
        for (key, value) in &candidate.updates {
            let _ = writeln!(about, "{key}: {value}");
        }
        let about = truncate(&about, room.min(FAN_IN_CANDIDATE_CHARACTERS));
        let _ = write!(text, "\n## {id}\n{}\n", about.trim_end());
    }
    text.push_str("\nChoose one. End your answer with a line that is its id and nothing else.");
    text
}

/// Why candidates failed, in one line.
pub(super) fn reasons(candidates: &[Candidate]) -> String {
    let short = |candidate: &Candidate| {
        let notes = truncate(&candidate.notes, FAN_IN_REASON_CHARACTERS);
        format!("{}: {notes}", candidate.id)
    };
    let reasons: Vec<_> = candidates.iter().take(FAN_IN_REASONS).map(short).collect();
    let more = match candidates.len().saturating_sub(FAN_IN_REASONS) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("{}{more}", reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, status: StageStatus, score: f64) -> Candidate {
        Candidate {
            id: id.to_owned(),
            status,
            outcome: status.to_string(),
            score,
            notes: String::new(),
            updates: BTreeMap::new(),
        }
    }

    #[test]
    fn status_comes_before_score_and_score_before_id() {
        use StageStatus::{PartialSuccess, Success};
        let of = |rows: &[(&'static str, StageStatus, f64)]| {
            let all: Vec<_> = rows
                .iter()
                .map(|row| candidate(row.0, row.1, row.2))
                .collect();
            best(&all).map(|place| rows[place].0)
        };
        assert_eq!(
            of(&[("a", PartialSuccess, 9.0), ("b", Success, 0.0)]),
            Some("b")
        );
        assert_eq!(of(&[("a", Success, 0.5), ("b", Success, 0.7)]), Some("b"));
        assert_eq!(of(&[("b", Success, 1.0), ("a", Success, 1.0)]), Some("a"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_description_stays_within_its_limit() {
        let mut all = vec![candidate("a", StageStatus::Success, 0.0); 300];
        for candidate in &mut all {
            candidate.notes = "word ".repeat(2_000);
        }
        let text = describe(&all);
        assert!(
            text.chars().count() < FAN_IN_PROMPT_CHARACTERS + 300 * 40,
            "{}",
            text.len()
        );
    }
}

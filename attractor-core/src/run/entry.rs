use serde::{Deserialize, Serialize};

use super::branch::BranchPath;
use super::event::RunEvent;

/// One line of a run's journal.
///
/// ```json
/// {"version":1,"seq":4,"time":"2026-03-17T12:00:00.125Z","event":"stage_started","node":"plan",
///  "index":2,"visit":1,"attempt":1,"handler":"codergen"}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// Version of the entry's format.
    pub version: u32,
    /// Position in the journal: 1 for the first entry, without gaps.
    pub seq: u64,
    /// When the entry was appended, RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// The branch in which it happened; nothing for the main walk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchPath>,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

impl JournalEntry {
    /// The format this version of the crate writes.
    pub const VERSION: u32 = 1;

    /// An entry of the present format.
    pub fn new(seq: u64, time: impl Into<String>, event: RunEvent) -> Self {
        Self {
            version: Self::VERSION,
            seq,
            time: time.into(),
            branch: None,
            event,
        }
    }

    /// The entry of something that happened in a branch.
    #[must_use]
    pub fn in_branch(mut self, branch: Option<BranchPath>) -> Self {
        self.branch = branch;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::StageProgress;

    fn round_trip(event: RunEvent, json: &str) {
        let entry = JournalEntry::new(7, "2026-03-17T12:00:00.000Z", event);
        let text = serde_json::to_string(&entry).unwrap();
        let head = r#"{"version":1,"seq":7,"time":"2026-03-17T12:00:00.000Z","#;
        assert_eq!(text, format!("{head}{json}}}"));
        assert_eq!(serde_json::from_str::<JournalEntry>(&text).unwrap(), entry);
        assert!(text.contains(&format!(r#""event":"{}""#, entry.event.name())));
    }

    #[test]
    fn an_event_is_flat_in_its_journal_entry() {
        round_trip(
            RunEvent::CheckpointSaved {
                node: "plan".parse().unwrap(),
            },
            r#""event":"checkpoint_saved","node":"plan""#,
        );
    }

    #[test]
    fn a_report_of_a_stage_is_flat_too() {
        let progress = StageProgress::ModelRequestStarted {
            provider: "scripted".to_owned(),
            model: "small".to_owned(),
        };
        round_trip(
            RunEvent::Progress {
                node: "plan".parse().unwrap(),
                progress,
            },
            r#""node":"plan","event":"model_request_started","provider":"scripted","model":"small""#,
        );
    }

    #[test]
    fn an_unknown_event_is_refused() {
        let text = r#"{"version":1,"seq":1,"time":"","event":"nonsense","node":"plan"}"#;
        assert!(serde_json::from_str::<JournalEntry>(text).is_err());
    }
}

//! `--json`: the journal's entries on standard output, one a line.

use attractor_core::{BranchPath, JournalEntry, StageProgress};
use serde_json::json;

use super::{Reporter, child};
use crate::console;

/// Prints each journal entry as it is appended; the format is that of `events.jsonl`.
///
/// What happens in a child run is in a line `{"event":"child","node":…,"within":…,"entry":…}` with the
/// entry of the child's journal, and `within` naming the stages that it's within.
///
/// What else isn't in the journal (the model's words as they come) is left out: the whole text follows
/// in an entry.
#[derive(Debug)]
pub(crate) struct JsonLines;

impl Reporter for JsonLines {
    fn entry(&mut self, entry: &JournalEntry) {
        if let Ok(line) = serde_json::to_string(entry) {
            console::out_raw(&(line + "\n"));
        }
    }

    fn live(&mut self, branch: Option<&BranchPath>, node: &str, progress: &StageProgress) {
        let Some((within, entry)) = child::entry(node, progress) else {
            return;
        };
        let mut line = json!({ "event": "child", "node": node, "within": within, "entry": entry });
        if let Some(branch) = branch {
            line["branch"] = branch.as_str().into();
        }
        console::out_raw(&(line.to_string() + "\n"));
    }

    fn gap(&mut self, missed: u64) {
        console::out_raw(&(json!({ "event": "gap", "missed": missed }).to_string() + "\n"));
    }

    fn notice(&mut self, text: &str) {
        console::err(text);
    }

    fn finish(&mut self) {}
}

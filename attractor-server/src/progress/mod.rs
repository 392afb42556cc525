//! Showing a run while it happens: live on a terminal, as plain lines elsewhere, as JSON for
//! programs.

mod child;
pub(crate) mod format;
mod json;
mod plain;
mod terminal;
pub(crate) mod totals;

use std::sync::Arc;

use attractor_core::{BranchPath, JournalEntry, StageProgress};

pub(crate) use json::JsonLines;
pub(crate) use plain::PlainLines;
pub(crate) use terminal::{Screen, Terminal};
pub(crate) use totals::Totals;

/// Something that shows a run.
pub(crate) trait Reporter {
    /// An event that is in the journal.
    fn entry(&mut self, entry: &JournalEntry);

    /// What a stage reports between events, such as the model's words as they come.
    fn live(&mut self, branch: Option<&BranchPath>, node: &str, progress: &StageProgress);

    /// Events that were not seen because showing them took too long.
    fn gap(&mut self, missed: u64);

    /// Something about the command itself, for the person who watches.
    fn notice(&mut self, text: &str);

    /// The run has stopped; nothing more will come.
    fn finish(&mut self);
}

/// The reporter that suits where the output goes, and the screen that questions have to share.
pub(crate) fn reporter(json: bool) -> (Box<dyn Reporter + Send>, Option<Arc<Screen>>) {
    use std::io::IsTerminal as _;
    if json {
        return (Box::new(JsonLines), None);
    }
    if std::io::stderr().is_terminal() {
        let screen = Arc::new(Screen::new());
        return (Box::new(Terminal::new(Arc::clone(&screen))), Some(screen));
    }
    (Box::new(PlainLines::new()), None)
}

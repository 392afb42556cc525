//! Every limit of the run's page, with the reason for the number.

/// Events that are read from the store at a time: a batch of a runner.
pub(super) const READ: u32 = 500;

/// Events of a run that its page is made of: ten times the steps that a run has by default, each with a
/// few tool calls. What is beyond is left out, and the page says so.
pub(super) const EVENTS: i64 = 100_000;

/// Moments that the timeline has: more than anybody scrolls through.
pub(super) const MOMENTS: usize = 400;

/// Messages and tool calls that a transcript shows, the last ones: a page that a telephone can show.
pub(super) const TURNS: usize = 300;

/// Lines of a difference that are shown of one tool call; the rest is in the repository.
pub(super) const DIFF_LINES: usize = 400;

/// Entries of the log on one page.
pub(super) const LOG: u32 = 200;

/// Characters of a line of the timeline.
pub(super) const LINE_CHARACTERS: usize = 160;

/// Bytes of an artifact that its preview shows: a long document, and no burden for a browser.
pub(super) const PREVIEW_BYTES: u64 = 256 * 1024;

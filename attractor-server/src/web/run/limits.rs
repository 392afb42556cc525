//! Every limit of the run's page, with the reason for the number.

/// Events that are read from the store at a time: a batch of a runner.
pub(super) const READ: u32 = 500;

/// Events that one request reads: a few seconds' work. A longer run's page goes on where it was when it's
/// refreshed, and says so meanwhile.
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

/// Bytes of a transcript, of which the last half is kept then: a page that a browser still scrolls well.
pub(super) const TRANSCRIPT_BYTES: usize = 2 * 1024 * 1024;

/// Bytes of the transcripts of a run's nodes together that are kept: several of the longest.
pub(super) const RUN_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of all runs that are kept: what a server of 40 MB can spare while people look at runs.
pub(super) const KEPT_BYTES: usize = 24 * 1024 * 1024;

/// Runs that are kept: as many as people look at, at the same time.
pub(super) const KEPT_RUNS: usize = 64;

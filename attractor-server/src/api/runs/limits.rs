//! Every limit of the runs' routes, with the reason for the number.

use std::time::Duration;

/// How often the store is looked at for all streams although nobody told them anything: a notice may be lost.
/// So long waits a stream, too, whose read of the store has failed.
pub(super) const LOOK: Duration = Duration::from_secs(5);

/// Runs and tokens that one statement looks at: as many as a page has.
pub(super) const LOOKED_AT: usize = 500;

/// Events that a stream reads from the store at a time: a batch of a runner.
pub(super) const READ: u32 = 500;

/// Entries of a run's journal that are read to explain or draw it: ten times the steps that a run has
/// by default. What is beyond is left out.
pub(super) const JOURNAL: usize = 100_000;

/// Characters of an idempotency key.
pub(super) const KEY_CHARACTERS: usize = 255;

/// How long a request to cancel waits for the run's processes to be gone: they are within two seconds,
/// unless the machine or the database is busy.
pub(super) const CANCEL: Duration = Duration::from_secs(10);

/// How often it looks although nobody told it to.
pub(super) const CANCEL_LOOK: Duration = Duration::from_millis(250);

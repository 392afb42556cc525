//! Every limit of the runs' routes, with the reason for the number.

use std::time::Duration;

/// How often a stream looks at the store although nobody told it to: a notice may be lost.
pub(super) const LOOK: Duration = Duration::from_secs(5);

/// Events that a stream reads from the store at a time: a batch of a runner.
pub(super) const READ: u32 = 500;

/// Entries of a run's journal that are read to explain or draw it: ten times the steps that a run has
/// by default. What is beyond is left out.
pub(super) const JOURNAL: usize = 100_000;

/// Characters of an idempotency key.
pub(super) const KEY_CHARACTERS: usize = 255;

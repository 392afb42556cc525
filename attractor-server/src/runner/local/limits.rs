//! Every limit of the runner of this machine, with the reason for the number.

use std::time::Duration;

/// Between asking a process to end and making sure: together with what follows, two seconds.
pub(super) const GRACE: Duration = Duration::from_millis(1_500);

/// How often is looked whether it has.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// How long is waited for a killed process to be gone.
pub(super) const KILLED: Duration = Duration::from_millis(400);

/// Bytes of an attempt's log: it says what happens once in a while, and what a panic says.
pub(super) const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// How long an attempt may take: the contract's two hours.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(2 * 60 * 60);

/// Bytes of an attempt's record.
pub(super) const RECORD_BYTES: u64 = 64 * 1024;

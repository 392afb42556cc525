//! Every limit of the runner of this machine, with the reason for the number.

use std::time::Duration;

/// Between asking a process to end and killing it: together with what passes before anybody looks, less
/// than two seconds.
pub(crate) const GRACE: Duration = Duration::from_millis(1_000);

/// How often is looked whether it has.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// How long is waited for killed processes to be gone: that takes as long as the system needs to give each
/// a turn, which is nothing unless it's very busy.
pub(super) const KILLED: Duration = Duration::from_secs(10);

/// Bytes of an attempt's log: it says what happens once in a while, and what a panic says.
pub(super) const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// How long an attempt may take: the contract's two hours. Its runner ends it then.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(2 * 60 * 60);

/// How much later one is ended whose runner hasn't done so.
pub(super) const OVERTIME: Duration = Duration::from_secs(30);

/// Bytes of an attempt's record.
pub(super) const RECORD_BYTES: u64 = 64 * 1024;

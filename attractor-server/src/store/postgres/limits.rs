//! Every limit of the link between servers, with the reason for the number.

use std::time::Duration;

/// Connections: one listens, and what is told takes less than a millisecond.
pub(super) const CONNECTIONS: u32 = 4;

/// How long it's waited for a connection; who tells something has better things to do.
pub(super) const ACQUIRE: Duration = Duration::from_secs(5);

/// Bytes of what is told at once: PostgreSQL takes less than 8,000.
pub(super) const PAYLOAD: usize = 7_900;

/// After so long a silence it's asked whether the connection is still there.
pub(super) const SILENCE: Duration = Duration::from_secs(10);

/// How long an answer to that may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// How long it's waited before another attempt to connect.
pub(super) const RECONNECT: Duration = Duration::from_millis(500);

/// How often a queue is looked at by those who wait, in case that a notice was lost.
pub(super) const LOOK: Duration = Duration::from_secs(5);

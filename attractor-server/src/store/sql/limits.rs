//! Every limit of the store in SQL, with the reason for the number.

use std::time::Duration;

/// Connections that read from SQLite: more than a few threads that read pages of one file gain nothing.
pub(super) const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL: its default is a hundred for all, and several servers share them.
pub(super) const POSTGRES_CONNECTIONS: u32 = 16;

/// How long a call waits for a connection: a database that restarts is back by then, and a client still
/// waits for its answer.
pub(super) const ACQUIRE: Duration = Duration::from_secs(12);

/// How long SQLite waits for another process that writes, in milliseconds; less than [`STATEMENT`].
pub(super) const SQLITE_BUSY_MS: u32 = 10_000;

/// How long a statement may take: none of ours takes a second, and what doesn't answer by then is gone.
pub(super) const STATEMENT: Duration = Duration::from_secs(20);

/// A connection that was idle for less than this is taken to be alive.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// Keys of clients that are remembered, in time: whoever repeats a request does so within a day.
pub(super) const IDEMPOTENCY: Duration = Duration::from_secs(24 * 60 * 60);

/// A token's last use is noted at most so often: it's for people who wonder whether it's in use.
pub(super) const TOUCH: Duration = Duration::from_secs(60);

/// How long a run waits for the server that has its files: an update takes minutes. Any other can only say
/// that they aren't there.
pub(super) const HOME: Duration = Duration::from_secs(10 * 60);

/// How often something is tried again because another server was first.
pub(super) const RETRIES: usize = 5;

//! Every limit of what is asked of a server, with the reason for the number.

use std::time::Duration;

/// How long a connection may take to be there.
pub(super) const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long a request may take: an answer of the server waits for its database for less.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(60);

/// How long a stream may be silent: a server shows every 25 seconds that it's there.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// Bytes of an answer: 500 events have less.
pub(super) const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of one event of a stream: an entry of a journal that a server takes has less.
pub(super) const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// How long a server may be away while a run is watched: a restart with a migration takes less.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// How long is waited before a server is asked again; twice as long each time.
pub(super) const BACKOFF: Duration = Duration::from_millis(100);

/// How long is waited at most, however often it was asked.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Streams in a row that end without an event: a server that behaves has a heartbeat in each.
pub(super) const EMPTY_STREAMS: u32 = 100;

/// Items of a page: the most that a server gives.
pub(super) const PAGE: u32 = 500;

/// Pages of a list that is asked for whole: 10,000 items, which is what lists without pages have at most.
pub(super) const PAGES: usize = 20;

/// Characters of a run's id that name it, if they are its first: fewer are the same for all runs of weeks.
pub(crate) const PREFIX: usize = 6;

/// Candidates that are named where a name fits several things or none.
pub(crate) const CANDIDATES: usize = 10;

/// Bytes of a token's file: a token has 47.
pub(super) const TOKEN_BYTES: u64 = 4 * 1024;

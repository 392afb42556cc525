//! Every limit of HTTP mode, with the reason for the number.

use std::time::Duration;

/// Pipelines that run at a time, unless the program says otherwise: each may have four branches
/// with a model call and a shell each, and a machine for eight of those is a large one.
pub(super) const MAX_RUNNING: usize = 8;

/// Event streams that are open at a time, over all pipelines: each is a socket and a buffer.
pub(super) const MAX_STREAMS: usize = 256;

/// Bytes of a submission, unless the program says otherwise: a pipeline of 10,000 nodes has 1.5 MB.
pub(super) const SUBMISSION_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of an answer: what a person types, with room for a pasted log.
pub(super) const ANSWER_BYTES: usize = 256 * 1024;

/// How long a client may take to send a body.
pub(super) const BODY_TIME: Duration = Duration::from_secs(30);

/// How long an event stream is silent before a comment shows that it's alive, unless the program
/// says otherwise: proxies close what is silent for 30 seconds or more.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// Characters of a pipeline's id: it's a directory's name.
pub(super) const ID_CHARACTERS: usize = 128;

/// Diagnostics in one answer; what is beyond is counted. A file with more is no pipeline.
pub(super) const DIAGNOSTICS: usize = 1_000;

/// Pipelines in one page of the list, if the client doesn't say.
pub(super) const PAGE: usize = 50;

/// Pipelines in one page at most: the last line of each journal is read for it.
pub(super) const MAX_PAGE: usize = 200;

/// Closed questions of a run that are remembered, so that a second answer is told from one to a
/// question that never was.
pub(super) const CLOSED_QUESTIONS: usize = 1_000;

/// States of runs that are kept in memory for the next request; each has the run's context. All
/// others are read from their journals again.
pub(super) const VIEWS: usize = 32;

/// Journal entries that an event stream reads from the disk at a time.
pub(super) const READ_ENTRIES: usize = 64;

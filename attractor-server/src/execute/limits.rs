//! Every limit of the process that executes a run, with the reason for the number.

use std::time::Duration;

/// A request to the control plane, its answer included: a file of the largest size over a slow line.
pub(super) const REQUEST: Duration = Duration::from_secs(60);

/// A heartbeat's: less than a lease, so that a lost one is noticed and repeated in time.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

/// The first wait before a request is repeated.
pub(super) const FIRST_RETRY: Duration = Duration::from_millis(100);

/// The longest wait before a request is repeated: a control plane that is back is noticed soon.
pub(super) const LONGEST_RETRY: Duration = Duration::from_secs(3);

/// How long a run goes on without a control plane: a restart takes seconds, an update minutes. After
/// that nobody may be watching what it costs.
pub(super) const ALONE: Duration = Duration::from_secs(10 * 60);

/// How long a request is repeated that another service stands in the way of.
pub(super) const UPSTREAM: Duration = Duration::from_secs(20);

/// Bytes of an answer that is read into memory: the largest is a specification, or a page of entries.
pub(super) const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Entries of the journal in a batch.
pub(super) const BATCH_EVENTS: usize = 500;

/// Bytes of a batch; one entry may have more by itself.
pub(super) const BATCH_BYTES: usize = 1024 * 1024;

/// How long entries are gathered before they are sent.
pub(super) const BATCH_EVERY: Duration = Duration::from_millis(100);

/// Pieces of text that wait to be sent; older ones are dropped, since what matters is journaled.
pub(super) const LIVE_PIECES: usize = 500;

/// Characters of a piece that is sent live: models' are short, and of a tool's flood the beginning is
/// enough.
pub(super) const LIVE_CHARACTERS: usize = 4 * 1024;

/// Texts that come in pieces at the same time, each of which may hold some back: a kind of text of a
/// node in a branch.
pub(super) const LIVE_PLACES: usize = 1_000;

/// How long one request waits for the answer to a question.
pub(super) const QUESTION_WAIT: Duration = Duration::from_secs(20);

/// A call of git that clones, fetches or pushes.
pub(super) const GIT_TRANSFER: Duration = Duration::from_secs(30 * 60);

/// Any other call of git.
pub(super) const GIT_CALL: Duration = Duration::from_secs(2 * 60);

/// Bytes that are read of what git writes: the largest is a patch.
pub(super) const GIT_OUTPUT: u64 = 64 * 1024 * 1024;

/// Characters of git's own words in an error.
pub(super) const GIT_WORDS: usize = 600;

/// Bytes of a pipeline's text: it's written by people.
pub(super) const PIPELINE_BYTES: u64 = 16 * 1024 * 1024;

/// Pipelines that one names, directly or not.
pub(super) const INCLUDES: usize = 200;

/// Files that a run may leave as artifacts.
pub(super) const ARTIFACTS: usize = 200;

/// Directories below each other that are searched for artifacts.
pub(super) const ARTIFACT_DEPTH: usize = 8;

/// Characters of an error that is told to the control plane.
pub(super) const ERROR_CHARACTERS: usize = 4_000;

/// How long the process takes to wind up after it was asked to stop; it's killed soon after that.
pub(super) const WIND_UP: Duration = Duration::from_millis(900);

const _: () = assert!(WIND_UP.as_millis() < crate::runner::GRACE.as_millis());

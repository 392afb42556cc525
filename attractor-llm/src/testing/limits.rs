//! Limits of the scripted server and provider, each with its reason.

/// Largest request body: the largest that the Messages API itself takes.
pub(super) const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;

/// Requests kept for inspection; more than any test looks at, and a long demonstration stays small.
pub(super) const MAX_RECORDED_REQUESTS: usize = 4_096;

/// Bytes of request bodies kept: conversations grow, so the count alone doesn't bound the memory.
pub(super) const MAX_RECORDED_BYTES: usize = 256 * 1024 * 1024;

/// Connections served at once; further ones wait in the listener's backlog.
pub(super) const MAX_CONNECTIONS: usize = 256;

/// Prompts that the simulated cache keeps; a session of a test has a few dozen requests.
pub(super) const MAX_CACHED_PROMPTS: usize = 256;

/// Descriptions of unanswered requests kept; the first few tell what is wrong.
pub(super) const MAX_UNMATCHED: usize = 256;

/// Characters of a message quoted in a description of an unanswered request.
pub(super) const MAX_QUOTED_CHARS: usize = 160;

/// Characters in a streamed delta: several deltas in a sentence, as real models send.
pub(super) const DELTA_CHARS: usize = 12;

/// Time for one conformance trial: a hundred times what one takes on a slow machine.
pub(super) const TRIAL_TIME: std::time::Duration = std::time::Duration::from_secs(30);

/// Events of one stream in a trial; the longest has fewer than a hundred.
pub(super) const MAX_TRIAL_EVENTS: usize = 10_000;

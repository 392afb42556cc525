//! Every limit of the runner API, with the reason for the number.

use std::time::Duration;

pub(super) use crate::dispatch::limits::{HEARTBEAT, LEASE};
pub(super) use crate::runner::ATTEMPT;

/// Bytes of an artifact: a patch or a report has thousands of times less.
pub(super) const ARTIFACT_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a batch of events: one of 1 MiB and the entry that made it full.
pub(super) const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Events of a batch.
pub(super) const BATCH: usize = 1_000;

/// Characters of an event's type: the longest has less than half.
pub(super) const TYPE_CHARACTERS: usize = 100;

/// Bytes of an event's payload and of a manifest.
pub(super) const MANIFEST_BYTES: u64 = 1024 * 1024;

/// Entries of the journal in one answer.
pub(super) const JOURNAL: u32 = 500;

/// How long a runner may wait for an answer in one request: proxies end longer ones.
pub(super) const WAIT: Duration = Duration::from_secs(25);

/// How often a question is looked at although the bus says nothing.
pub(super) const LOOK: Duration = Duration::from_secs(1);

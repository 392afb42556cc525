//! The only place that looks at the calendar or makes something up at random.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::run::{JournalEntry, Limit, RunEvent, StageKey};

/// Now, RFC 3339 in UTC with milliseconds.
pub(crate) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// How long processes have executed a run, as far as its journal shows: each from its first entry
/// to its last.
pub(super) fn executed_for(entries: &[JournalEntry]) -> Duration {
    let shifts = entries.chunk_by(|_, next| !matches!(next.event, RunEvent::RunResumed { .. }));
    shifts.fold(Duration::ZERO, |before, shift| {
        let total = before + length(shift).unwrap_or_default();
        match shift.last().map(|entry| &entry.event) {
            Some(RunEvent::RunPaused { reached, .. }) if reached.limit == Limit::MaxDuration => {
                total.max(Duration::from_millis(reached.spent))
            }
            _ => total,
        }
    })
}

fn length(shift: &[JournalEntry]) -> Option<Duration> {
    let [begin, end] = [shift.first()?, shift.last()?];
    let [begin, end] = [begin, end].map(|entry| entry.time.parse::<jiff::Timestamp>());
    Duration::try_from(end.ok()?.duration_since(begin.ok()?)).ok()
}

/// An id for a run whose caller gives none: sorts by time, unique enough for a directory name.
pub(super) fn new_run_id() -> String {
    let now = jiff::Timestamp::now();
    format!(
        "run-{}-{:08x}",
        now.strftime("%Y%m%dT%H%M%SZ"),
        rand::rng().random::<u32>()
    )
}

/// A random number in 0..1 for the jitter before an attempt. It depends on nothing but the seed
/// and the attempt, so a resumed run waits as long as an uninterrupted one.
pub(super) fn jitter(seed: u64, stage: &StageKey) -> f64 {
    let attempt = format!("{}/{}/{}", stage.node, stage.index, stage.attempt);
    StdRng::seed_from_u64(seed ^ hash(attempt.as_bytes())).random()
}

/// A hash that is the same on every machine and in every version (64-bit FNV-1a). It detects
/// accidents, not attacks.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

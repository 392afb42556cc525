use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::limits::HEARTBEAT;

/// Since when something is being written to the store: what takes long here takes as long for a
/// heartbeat, which is no reason to give a runner up.
#[derive(Debug, Default)]
pub(super) struct Writes(Mutex<Option<Instant>>);

impl Writes {
    /// Notes that something is being written, until what is returned is dropped.
    pub(super) fn begin(&self) -> Writing<'_> {
        *self.since() = Some(Instant::now());
        Writing(self)
    }

    /// Whether the store is locked, or answers too slowly for heartbeats.
    pub(super) fn are_stuck(&self, now: Instant) -> bool {
        let since = *self.since();
        since.is_some_and(|since| now.duration_since(since) >= HEARTBEAT)
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something is being written.
#[derive(Debug)]
pub(super) struct Writing<'a>(&'a Writes);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        *self.0.since() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_as_long_as_a_heartbeats_period_is_stuck() {
        let (writes, later) = (Writes::default(), |time| Instant::now() + time);
        assert!(!writes.are_stuck(later(HEARTBEAT)));
        let writing = writes.begin();
        assert!(!writes.are_stuck(later(HEARTBEAT / 2)));
        assert!(writes.are_stuck(later(HEARTBEAT)));
        drop(writing);
        assert!(!writes.are_stuck(later(HEARTBEAT)));
    }
}

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::limits::{ATTEMPTS, FIRST_DELAY, LONGEST_DELAY, LOSSES, LOST_WITHIN};
use crate::domain::{RunId, Timestamp};

/// How many runners each run has lost of late, and when the last of them.
#[derive(Debug, Default)]
pub(super) struct Losses(Mutex<BTreeMap<RunId, (u32, Timestamp)>>);

impl Losses {
    /// Notes that one was lost; how long to wait before the next, or nothing if there were enough.
    pub(super) fn note(&self, run: &RunId, attempt: i64, now: Timestamp) -> Option<Duration> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        losses.retain(|_, (_, last)| now.since(*last) < LOST_WITHIN);
        let (count, last) = losses.entry(run.clone()).or_insert((0, now));
        *count += 1;
        *last = now;
        if *count > LOSSES || attempt >= ATTEMPTS {
            losses.remove(run);
            return None;
        }
        let factor = 2_u32.saturating_pow(count.saturating_sub(1));
        Some((FIRST_DELAY * factor).min(LONGEST_DELAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gets_a_few_more_runners_ever_later() {
        let (losses, run) = (Losses::default(), RunId::new());
        let now = Timestamp::from_millis(0);
        let waits: Vec<_> = (1..=6)
            .map(|attempt| losses.note(&run, attempt, now))
            .collect();
        let seconds: Vec<_> = waits.iter().map(|it| it.map(|it| it.as_secs())).collect();
        assert_eq!(
            seconds,
            [Some(1), Some(2), Some(4), Some(8), Some(16), None]
        );
        assert_eq!(losses.note(&run, ATTEMPTS, now), None);
        assert!(losses.note(&run, 7, now).is_some());
        let later = now.plus(LOST_WITHIN);
        assert_eq!(losses.note(&run, 8, later), Some(FIRST_DELAY));
    }
}

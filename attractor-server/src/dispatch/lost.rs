use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::limits::{ATTEMPTS, FIRST_DELAY, LONGEST_DELAY, LOSSES, LOST_WITHIN};
use crate::domain::{RunId, Timestamp};

/// How many runners each run has lost of late.
#[derive(Debug, Default)]
pub(super) struct Losses(Mutex<BTreeMap<RunId, Lost>>);

#[derive(Debug)]
struct Lost {
    count: u32,
    /// When the last of them was.
    at: Timestamp,
    /// Which attempt it was at.
    attempt: i64,
}

impl Losses {
    /// Notes that one was lost; how long to wait before the next, or nothing if there were enough. The
    /// same attempt is lost once, however often it's noted.
    pub(super) fn note(&self, run: &RunId, attempt: i64, now: Timestamp) -> Option<Duration> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        losses.retain(|_, lost| now.since(lost.at) < LOST_WITHIN);
        let lost = losses.entry(run.clone()).or_insert(Lost {
            count: 0,
            at: now,
            attempt: 0,
        });
        if lost.attempt != attempt {
            // Of one that had enough somebody has let it go on.
            let before = Some(lost.count).filter(|count| *count <= LOSSES);
            lost.count = before.unwrap_or(0) + 1;
        }
        (lost.at, lost.attempt) = (now, attempt);
        if lost.count > LOSSES || attempt >= ATTEMPTS {
            return None;
        }
        let factor = 2_u32.saturating_pow(lost.count.saturating_sub(1));
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
        let twice = |attempt| {
            let first = losses.note(&run, attempt, now);
            assert_eq!(losses.note(&run, attempt, now), first);
            first
        };
        let waits: Vec<_> = (1..=6).map(twice).collect();
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

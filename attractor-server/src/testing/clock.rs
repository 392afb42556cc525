use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::{Clock, Timestamp};

/// A clock that stands still until it's turned.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that shows that moment.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Turns it on.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for TestClock {
    /// 2026-02-24T16:00:00.000Z.
    fn default() -> Self {
        Self::new(Timestamp::from_millis(1_771_948_800_000))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

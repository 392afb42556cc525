//! A timer that many waits share.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Runs out at the limit of the wait that is on.
///
/// It is set as early as any of the waits could need it, and again only when it runs out too soon:
/// bytes come often, and setting a timer earlier than all others wakes the runtime.
#[derive(Debug)]
pub(crate) struct Timer(Pin<Box<Sleep>>);

impl Timer {
    /// A timer for waits of at least this length.
    pub(crate) fn new(shortest: Duration) -> Self {
        Self(Box::pin(sleep_until(after(shortest))))
    }

    /// Ready when it is past the limit.
    pub(crate) fn poll_until(&mut self, limit: Instant, context: &mut Context<'_>) -> Poll<()> {
        if self.0.deadline() > limit {
            self.0.as_mut().reset(limit);
        }
        while self.0.as_mut().poll(context).is_ready() {
            if self.0.deadline() >= limit {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(limit);
        }
        Poll::Pending
    }
}

/// The time so long from now; one that the clock can't tell is as good as a year.
pub(crate) fn after(duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_hours(24 * 365);
    let now = Instant::now();
    now.checked_add(duration).unwrap_or_else(|| now + YEAR)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    async fn until(timer: &mut Timer, wait: Duration) -> Duration {
        let (began, limit) = (Instant::now(), after(wait));
        poll_fn(|context| timer.poll_until(limit, context)).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn each_wait_takes_its_own_time() {
        let seconds = Duration::from_secs;
        let mut timer = Timer::new(seconds(30));
        for wait in [seconds(120), seconds(30), seconds(10), seconds(30)] {
            assert_eq!(until(&mut timer, wait).await, wait);
        }
        tokio::time::advance(seconds(100)).await;
        assert_eq!(until(&mut timer, seconds(30)).await, seconds(30));
        assert!(after(Duration::MAX) > after(seconds(3600)));
    }
}

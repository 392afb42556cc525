//! How long a stream may go without an event.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::timeouts::Timeouts;
use crate::error::{Error, ErrorKind};
use crate::types::StreamEvent;

/// The limits of a stream's events, and how far it is.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Until when the answer has to begin, and how long that was; gone once it has begun.
    first: Option<(Instant, Duration)>,
    between: Option<Duration>,
    begun: bool,
    /// The limit of the event that is waited for.
    waiting: Option<(Deadline, Pin<Box<Sleep>>)>,
}

impl Pace {
    /// The limits of a stream whose request is sent now.
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        let first = timeouts
            .first_event
            .and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        Self {
            first,
            between: timeouts.between_events,
            begun: false,
            waiting: None,
        }
    }

    /// Takes note of an event.
    pub(crate) fn saw(&mut self, event: &StreamEvent) {
        self.waiting = None;
        if !matches!(event, StreamEvent::StreamStart { .. }) {
            self.begun = true;
            self.first = None;
        }
    }

    /// Ready with the error when the next event is late. The time runs from the first call on:
    /// payloads that mean nothing, pings for instance, win none.
    pub(crate) fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if self.waiting.is_none() {
            self.waiting = self
                .deadline()
                .map(|deadline| (deadline, Box::pin(sleep_until(deadline.at))));
        }
        match &mut self.waiting {
            None => Poll::Pending,
            Some((deadline, timer)) => timer.as_mut().poll(context).map(|()| deadline.late()),
        }
    }

    /// Until when the next event has to come, if it is waited for from now on.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        if let Some((at, limit)) = self.first {
            let what = "the answer hasn't begun";
            return Some(Deadline { at, limit, what });
        }
        let limit = self.between.filter(|_| self.begun)?;
        let what = "the stream has brought no event";
        let at = Instant::now().checked_add(limit)?;
        Some(Deadline { at, limit, what })
    }
}

/// When it is too late.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
    what: &'static str,
}

impl Deadline {
    /// Waits for `operation`, until then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RequestTimeout`] when it is too late.
    pub(crate) async fn wait<T>(self, operation: impl Future<Output = T>) -> Result<T, Error> {
        timeout_at(self.at, operation)
            .await
            .map_err(|_| self.late())
    }

    fn late(self) -> Error {
        let seconds = self.limit.as_secs_f64();
        let message = format!("{} after {seconds} s", self.what);
        Error::new(ErrorKind::RequestTimeout, message)
    }
}

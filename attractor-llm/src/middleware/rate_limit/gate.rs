//! The queue before the limits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::window::{Limits, Window};
use crate::error::{Error, ErrorKind};

/// Lets calls through in order.
#[derive(Debug)]
pub(super) struct Gate {
    limits: Limits,
    places: Option<Arc<Semaphore>>,
    /// Held by whoever is next; hands itself on in the order of arrival.
    queue: AsyncMutex<()>,
    state: Mutex<State>,
    /// A call turned out smaller than estimated.
    corrected: Notify,
}

#[derive(Debug, Default)]
struct State {
    window: Window,
    /// How many wait, and with how many tokens.
    waiting: usize,
    waiting_tokens: u64,
}

/// A call that was let through.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    number: u64,
    _place: Option<OwnedSemaphorePermit>,
}

impl Gate {
    pub(super) fn new(limits: Limits, max_concurrent: Option<usize>) -> Self {
        let places = max_concurrent.map(|calls| calls.min(Semaphore::MAX_PERMITS));
        Self {
            limits,
            places: places.map(|calls| Arc::new(Semaphore::new(calls))),
            queue: AsyncMutex::default(),
            state: Mutex::default(),
            corrected: Notify::new(),
        }
    }

    /// Waits, but not longer than `max_wait`.
    pub(super) async fn pass(
        self: &Arc<Self>,
        tokens: u64,
        max_wait: Duration,
    ) -> Result<Pass, Error> {
        // A call larger than the limit goes when nothing else was used.
        let tokens = tokens.min(self.limits.tokens.unwrap_or(tokens));
        let waiting = Waiting::join(self, tokens);
        let expected = self.expected_wait();
        if expected > max_wait {
            return Err(refused(expected));
        }
        let entered = async {
            let place = match &self.places {
                // It is never closed.
                Some(places) => Arc::clone(places).acquire_owned().await.ok(),
                None => None,
            };
            (self.enter(tokens).await, place)
        };
        let entered = match Instant::now().checked_add(max_wait) {
            Some(deadline) => timeout_at(deadline, entered).await,
            None => Ok(entered.await),
        };
        match entered {
            Ok((number, place)) => Ok(Pass {
                gate: Arc::clone(self),
                number,
                _place: place,
            }),
            Err(_) => {
                let expected = self.expected_wait();
                drop(waiting);
                Err(refused(expected))
            }
        }
    }

    /// Takes the turn and waits until the call fits.
    async fn enter(&self, tokens: u64) -> u64 {
        let _turn = self.queue.lock().await;
        loop {
            let corrected = self.corrected.notified();
            let wait = {
                let mut state = self.state();
                let now = Instant::now();
                let wait = state.window.wait(now, self.limits, 1, tokens);
                if wait.is_zero() {
                    return state.window.enter(now, tokens);
                }
                wait
            };
            // Either there is room then, or it came earlier.
            let _ = timeout(wait, corrected).await;
        }
    }

    /// How long until all who wait are through, as far as the window tells.
    fn expected_wait(&self) -> Duration {
        let mut state = self.state();
        let (requests, tokens) = (state.waiting, state.waiting_tokens);
        let now = Instant::now();
        state.window.wait(now, self.limits, requests, tokens)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// What the call used in truth.
    pub(super) fn used(&self, tokens: u64) {
        self.gate.state().window.correct(self.number, tokens);
        self.gate.corrected.notify_one();
    }
}

/// A call in the queue, counted for as long as it waits.
struct Waiting<'a> {
    gate: &'a Gate,
    tokens: u64,
}

impl<'a> Waiting<'a> {
    fn join(gate: &'a Gate, tokens: u64) -> Self {
        let mut state = gate.state();
        state.waiting += 1;
        state.waiting_tokens = state.waiting_tokens.saturating_add(tokens);
        drop(state);
        Self { gate, tokens }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.waiting -= 1;
        state.waiting_tokens = state.waiting_tokens.saturating_sub(self.tokens);
    }
}

fn refused(expected: Duration) -> Error {
    // Behind calls of unknown length there is nothing to expect; a second is a polite pause.
    let retry_after = expected.max(Duration::from_secs(1));
    let message = format!("the client's own rate limit has no room for {retry_after:.1?}");
    Error::new(ErrorKind::RateLimit, message)
        .with_error_code("client_rate_limit")
        .with_retry_after(retry_after)
}

//! Who went through in the last minute; pure but for the instants it is given.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{MAX_CALLS_IN_WINDOW, RATE_WINDOW};

/// What may go through in any window of time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) requests: Option<usize>,
    pub(super) tokens: Option<u64>,
}

/// The calls that went through, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window {
    calls: VecDeque<Call>,
    tokens: u64,
    /// The number of the oldest one.
    oldest: u64,
}

#[derive(Debug)]
struct Call {
    at: Instant,
    tokens: u64,
}

impl Window {
    /// Lets a call through and gives it a number.
    pub(super) fn enter(&mut self, now: Instant, tokens: u64) -> u64 {
        if self.calls.len() >= MAX_CALLS_IN_WINDOW {
            self.forget_oldest();
        }
        self.calls.push_back(Call { at: now, tokens });
        self.tokens = self.tokens.saturating_add(tokens);
        self.oldest + self.calls.len() as u64 - 1
    }

    /// Corrects what a call used, if it is in the window still.
    pub(super) fn correct(&mut self, number: u64, tokens: u64) {
        let at = number.checked_sub(self.oldest);
        let at = at.and_then(|at| usize::try_from(at).ok());
        if let Some(call) = at.and_then(|at| self.calls.get_mut(at)) {
            self.tokens = self
                .tokens
                .saturating_sub(call.tokens)
                .saturating_add(tokens);
            call.tokens = tokens;
        }
    }

    /// How long until so many more requests with so many tokens in all fit.
    ///
    /// What is more than a whole window holds goes into the next one, and so on.
    pub(super) fn wait(
        &mut self,
        now: Instant,
        limits: Limits,
        requests: usize,
        tokens: u64,
    ) -> Duration {
        while self
            .calls
            .front()
            .is_some_and(|call| age(call, now) >= RATE_WINDOW)
        {
            self.forget_oldest();
        }
        let for_requests = limits.requests.map(|limit| {
            let before = requests.saturating_sub(1) / limit;
            let needed = requests - before * limit;
            let excess = (self.calls.len() + needed).saturating_sub(limit);
            later(before) + self.until_left(now, |left, _| left + excess <= self.calls.len())
        });
        let for_tokens = limits.tokens.map(|limit| {
            let before = tokens.saturating_sub(1) / limit.max(1);
            let needed = tokens - before * limit;
            let free = limit.saturating_sub(needed);
            let before = usize::try_from(before).unwrap_or(usize::MAX);
            later(before) + self.until_left(now, |left, tokens| left == 0 || tokens <= free)
        });
        for_requests.max(for_tokens).unwrap_or_default()
    }

    /// How long until so few calls, with so few tokens, are left in the window.
    fn until_left(&self, now: Instant, fits: impl Fn(usize, u64) -> bool) -> Duration {
        let mut tokens = self.tokens;
        let mut wait = Duration::ZERO;
        for (gone, call) in self.calls.iter().enumerate() {
            if fits(self.calls.len() - gone, tokens) {
                break;
            }
            tokens = tokens.saturating_sub(call.tokens);
            wait = RATE_WINDOW.saturating_sub(age(call, now));
        }
        wait
    }

    fn forget_oldest(&mut self) {
        if let Some(call) = self.calls.pop_front() {
            self.tokens = self.tokens.saturating_sub(call.tokens);
            self.oldest += 1;
        }
    }
}

fn age(call: &Call, now: Instant) -> Duration {
    now.saturating_duration_since(call.at)
}

fn later(windows: usize) -> Duration {
    RATE_WINDOW.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX))
}

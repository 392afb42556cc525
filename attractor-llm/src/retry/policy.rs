use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::limits::{MAX_RETRIES, RETRY_BASE_DELAY, RETRY_MAX_DELAY};

type OnRetry = Arc<dyn Fn(&Error, u32, Duration) + Send + Sync>;
type ShouldRetry = Arc<dyn Fn(&Error) -> bool + Send + Sync>;

/// How often and when to try again.
///
/// ```
/// use attractor_llm::RetryPolicy;
///
/// let patient = RetryPolicy::default()
///     .max_retries(5)
///     .on_retry(|error, attempt, delay| eprintln!("attempt {attempt}: {error}; again in {delay:?}"));
/// ```
///
/// Source: unified-llm-spec 6.6.
#[derive(Clone)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts after the first.
    pub max_retries: u32,
    /// The delay before the first retry.
    pub base_delay: Duration,
    /// The longest delay.
    pub max_delay: Duration,
    /// What each delay is multiplied by for the next.
    pub backoff_multiplier: f64,
    /// Whether delays vary by up to half, so that many clients don't return at once.
    pub jitter: bool,
    on_retry: Option<OnRetry>,
    should_retry: Option<ShouldRetry>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: MAX_RETRIES,
            base_delay: RETRY_BASE_DELAY,
            max_delay: RETRY_MAX_DELAY,
            backoff_multiplier: 2.0,
            jitter: true,
            on_retry: None,
            should_retry: None,
        }
    }
}

impl RetryPolicy {
    /// One attempt and no more.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_retries(0)
    }

    /// Sets the attempts after the first.
    #[must_use]
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.max_retries = max_retries;
        self
    }

    /// Sets the delay before the first retry.
    #[must_use]
    pub fn base_delay(mut self, base_delay: Duration) -> Self {
        self.base_delay = base_delay;
        self
    }

    /// Sets the longest delay.
    #[must_use]
    pub fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Sets what each delay is multiplied by for the next.
    #[must_use]
    pub fn backoff_multiplier(mut self, backoff_multiplier: f64) -> Self {
        self.backoff_multiplier = backoff_multiplier;
        self
    }

    /// Sets whether delays vary.
    #[must_use]
    pub fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// Sets what is called before each wait, with the failure, the number of the failed attempt
    /// counted from 0, and the delay.
    #[must_use]
    pub fn on_retry(
        mut self,
        on_retry: impl Fn(&Error, u32, Duration) + Send + Sync + 'static,
    ) -> Self {
        self.on_retry = Some(Arc::new(on_retry));
        self
    }

    /// Decides which failures are retried, in place of [`Error::is_retryable`].
    #[must_use]
    pub fn should_retry(
        mut self,
        should_retry: impl Fn(&Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.should_retry = Some(Arc::new(should_retry));
        self
    }

    pub(super) fn wants(&self, error: &Error) -> bool {
        match &self.should_retry {
            Some(should_retry) => should_retry(error),
            None => error.is_retryable(),
        }
    }

    pub(super) fn report(&self, error: &Error, attempt: u32, delay: Duration) {
        tracing::debug!(%error, attempt, ?delay, "trying again");
        if let Some(on_retry) = &self.on_retry {
            on_retry(error, attempt, delay);
        }
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("max_retries", &self.max_retries)
            .field("base_delay", &self.base_delay)
            .field("max_delay", &self.max_delay)
            .field("backoff_multiplier", &self.backoff_multiplier)
            .field("jitter", &self.jitter)
            .finish_non_exhaustive()
    }
}

//! When to try again; pure.

use std::time::Duration;

use super::RetryPolicy;
use crate::error::Error;

/// How long to wait after attempt number `attempt`, counted from 0, failed; `None` ends it.
///
/// `jitter` is a factor between 0.5 and 1.5, used where the policy asks for it.
pub(super) fn next_delay(
    policy: &RetryPolicy,
    error: &Error,
    attempt: u32,
    jitter: f64,
) -> Option<Duration> {
    if attempt >= policy.max_retries || !policy.wants(error) {
        return None;
    }
    match error.retry_after() {
        Some(asked) => (asked <= policy.max_delay).then_some(asked),
        None => Some(backoff(policy, attempt, jitter)),
    }
}

fn backoff(policy: &RetryPolicy, attempt: u32, jitter: f64) -> Duration {
    let factor = policy.backoff_multiplier.powf(f64::from(attempt));
    let seconds = policy.base_delay.as_secs_f64() * factor;
    // A product too large for a duration, or no number at all, is the longest delay.
    let delay = Duration::try_from_secs_f64(seconds)
        .unwrap_or(policy.max_delay)
        .min(policy.max_delay);
    if policy.jitter {
        delay.mul_f64(jitter)
    } else {
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn error() -> Error {
        Error::new(ErrorKind::Server, "overloaded")
    }

    #[test]
    fn the_delay_doubles_up_to_its_bound() {
        let policy = RetryPolicy::default().max_retries(100).jitter(false);
        let delay = |attempt| {
            next_delay(&policy, &error(), attempt, 1.0)
                .unwrap()
                .as_secs_f64()
        };
        assert_eq!(
            [delay(0), delay(1), delay(4), delay(6), delay(99)],
            [1.0, 2.0, 16.0, 60.0, 60.0]
        );
    }

    #[test]
    fn jitter_moves_the_delay_by_half_at_most() {
        let policy = RetryPolicy::default();
        let delay = |jitter| {
            next_delay(&policy, &error(), 1, jitter)
                .unwrap()
                .as_secs_f64()
        };
        assert_eq!([delay(0.5), delay(1.5)], [1.0, 3.0]);
    }

    #[test]
    fn what_the_provider_asks_for_wins_within_the_bound() {
        let policy = RetryPolicy::default();
        let asked = |seconds| {
            let error = error().with_retry_after(Duration::from_secs(seconds));
            next_delay(&policy, &error, 0, 1.0)
        };
        assert_eq!(asked(7), Some(Duration::from_secs(7)));
        assert_eq!(asked(61), None);
    }

    #[test]
    fn retries_end_with_the_policy_or_the_error() {
        let policy = RetryPolicy::default();
        assert!(next_delay(&policy, &error(), 2, 1.0).is_none());
        assert!(next_delay(&RetryPolicy::none(), &error(), 0, 1.0).is_none());
        let timeout = Error::new(ErrorKind::RequestTimeout, "too slow");
        assert!(next_delay(&policy, &timeout, 0, 1.0).is_none());
        let willing = policy.should_retry(|error| error.kind() == ErrorKind::RequestTimeout);
        assert!(next_delay(&willing, &timeout, 0, 1.0).is_some());
    }
}

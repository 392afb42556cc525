//! How often and after which delays a stage is executed again; pure.

use crate::run::limits::MAX_ATTEMPTS;

/// Delays between the attempts of a stage.
///
/// Source: attractor-spec 3.6.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Backoff {
    /// Delay before the first retry.
    pub initial_delay_ms: u64,
    /// What each further delay is multiplied by.
    pub factor: f64,
    /// The longest delay.
    pub max_delay_ms: u64,
    /// Whether delays vary at random.
    pub jitter: bool,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(200, 2.0)
    }
}

impl Backoff {
    /// Delays from `initial_delay_ms`, multiplied by `factor`, up to a minute, with jitter.
    pub fn new(initial_delay_ms: u64, factor: f64) -> Self {
        Self {
            initial_delay_ms,
            factor,
            max_delay_ms: 60_000,
            jitter: true,
        }
    }

    /// The delay before a retry, 1 being the first, without jitter.
    ///
    /// ```
    /// use attractor_core::run::Backoff;
    ///
    /// let delays: Vec<u64> = (1..=4).map(|retry| Backoff::default().delay_ms(retry)).collect();
    /// assert_eq!(delays, [200, 400, 800, 1600]);
    /// ```
    pub fn delay_ms(&self, retry: u32) -> u64 {
        let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        scale(self.initial_delay_ms, self.factor.powi(exponent)).min(self.max_delay_ms)
    }
}

/// The delay with jitter: `unit`, a random number in 0..1, stands for a factor of 0.5 to 1.5.
pub fn with_jitter(delay_ms: u64, unit: f64) -> u64 {
    scale(delay_ms, 0.5 + unit.clamp(0.0, 1.0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a cast from float saturates, and delays are far below 2^53"
)]
fn scale(delay_ms: u64, factor: f64) -> u64 {
    (delay_ms as f64 * factor).round() as u64
}

/// How often a stage is executed, and after which delays.
///
/// Source: attractor-spec 3.6.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Executions at most; 1 is no retry.
    pub max_attempts: u32,
    /// Delays between them.
    pub backoff: Backoff,
}

impl RetryPolicy {
    /// A policy; at least one attempt.
    pub fn new(max_attempts: u32, backoff: Backoff) -> Self {
        Self {
            max_attempts: max_attempts.clamp(1, MAX_ATTEMPTS),
            backoff,
        }
    }

    /// No retries.
    pub fn none() -> Self {
        Self::new(1, Backoff::default())
    }

    /// For general use: five attempts, 200 ms doubling.
    pub fn standard() -> Self {
        Self::new(5, Backoff::default())
    }

    /// For unreliable operations: five attempts, 500 ms doubling.
    pub fn aggressive() -> Self {
        Self::new(5, Backoff::new(500, 2.0))
    }

    /// Three attempts, 500 ms apart.
    pub fn linear() -> Self {
        Self::new(3, Backoff::new(500, 1.0))
    }

    /// For long-running operations: three attempts, two seconds tripling.
    pub fn patient() -> Self {
        Self::new(3, Backoff::new(2_000, 3.0))
    }

    /// The preset with this name.
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::none()),
            "standard" => Some(Self::standard()),
            "aggressive" => Some(Self::aggressive()),
            "linear" => Some(Self::linear()),
            "patient" => Some(Self::patient()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(policy: RetryPolicy, count: u32) -> Vec<u64> {
        (1..=count)
            .map(|retry| policy.backoff.delay_ms(retry))
            .collect()
    }

    #[test]
    fn presets_have_the_delays_of_the_specification() {
        assert_eq!(
            delays(RetryPolicy::standard(), 5),
            [200, 400, 800, 1600, 3200]
        );
        assert_eq!(
            delays(RetryPolicy::aggressive(), 5),
            [500, 1000, 2000, 4000, 8000]
        );
        assert_eq!(delays(RetryPolicy::linear(), 3), [500, 500, 500]);
        assert_eq!(delays(RetryPolicy::patient(), 3), [2000, 6000, 18000]);
        assert_eq!(RetryPolicy::none().max_attempts, 1);
    }

    #[test]
    fn delays_never_exceed_the_cap_however_late_the_retry() {
        assert_eq!(Backoff::default().delay_ms(20), 60_000);
        assert_eq!(Backoff::default().delay_ms(u32::MAX), 60_000);
    }

    #[test]
    fn jitter_spans_half_to_one_and_a_half() {
        assert_eq!(with_jitter(200, 0.0), 100);
        assert_eq!(with_jitter(200, 0.5), 200);
        assert_eq!(with_jitter(200, 1.0), 300);
    }
}

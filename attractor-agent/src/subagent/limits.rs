//! How many subagents there may be and how long they may take.

use std::time::Duration;

/// Bounds of a session's subagents; zero means no limit. How deep they may be nested is
/// [`SessionConfig::max_subagent_depth`](crate::SessionConfig).
///
/// ```
/// use attractor_agent::{SessionConfig, SubagentLimits};
///
/// let limits = SubagentLimits::new().max_running(3).max_wall_time_ms(600_000);
/// let config = SessionConfig::new().subagents(limits);
/// assert_eq!(config.subagents.max_running, 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubagentLimits {
    /// Subagents that work at the same time: eight, as many as tool calls run at once.
    pub max_running: usize,
    /// How long a subagent may give no sign of life before it counts as failed: fifteen minutes,
    /// longer than the longest command that says nothing.
    pub idle_timeout_ms: u64,
    /// How long a subagent may work on one input: an hour.
    pub max_wall_time_ms: u64,
    /// How long a `wait` lasts that doesn't say: four minutes, since providers forget a prompt
    /// that they cache after five.
    pub wait_timeout_ms: u64,
    /// How long any `wait` lasts: an hour.
    pub max_wait_timeout_ms: u64,
}

impl Default for SubagentLimits {
    fn default() -> Self {
        Self {
            max_running: 8,
            idle_timeout_ms: 15 * 60_000,
            max_wall_time_ms: 60 * 60_000,
            wait_timeout_ms: 4 * 60_000,
            max_wait_timeout_ms: 60 * 60_000,
        }
    }
}

impl SubagentLimits {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many subagents work at the same time.
    #[must_use]
    pub fn max_running(mut self, subagents: usize) -> Self {
        self.max_running = subagents;
        self
    }

    /// Sets how long a subagent may give no sign of life.
    #[must_use]
    pub fn idle_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.idle_timeout_ms = timeout_ms;
        self
    }

    /// Sets how long a subagent may work on one input.
    #[must_use]
    pub fn max_wall_time_ms(mut self, time_ms: u64) -> Self {
        self.max_wall_time_ms = time_ms;
        self
    }

    /// Sets how long a `wait` lasts that doesn't say.
    #[must_use]
    pub fn wait_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.wait_timeout_ms = timeout_ms;
        self
    }

    /// Sets how long any `wait` lasts.
    #[must_use]
    pub fn max_wait_timeout_ms(mut self, timeout_ms: u64) -> Self {
        self.max_wait_timeout_ms = timeout_ms;
        self
    }

    pub(super) fn idle_timeout(&self) -> Duration {
        limited(self.idle_timeout_ms)
    }

    pub(super) fn max_wall_time(&self) -> Duration {
        limited(self.max_wall_time_ms)
    }

    /// How long a `wait` lasts: what was asked for within the maximum, else the default.
    pub(crate) fn wait_timeout(&self, asked_ms: Option<u64>) -> Duration {
        let asked = asked_ms.unwrap_or(self.wait_timeout_ms);
        Duration::from_millis(asked).min(limited(self.max_wait_timeout_ms))
    }
}

/// A time, or for zero one that no process lives to see; the longest that a timer takes.
fn limited(time_ms: u64) -> Duration {
    const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);
    match time_ms {
        0 => FOREVER,
        time_ms => Duration::from_millis(time_ms).min(FOREVER),
    }
}

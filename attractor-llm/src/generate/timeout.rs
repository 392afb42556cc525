use std::time::Duration;

/// How long a call with all its steps may take; by default as long as the adapter lets it.
///
/// ```
/// use std::time::Duration;
///
/// use attractor_llm::TimeoutConfig;
///
/// let total = TimeoutConfig::from(Duration::from_secs(60));
/// let both = total.per_step(Duration::from_secs(20));
/// assert_eq!(both.total, Some(Duration::from_secs(60)));
/// ```
///
/// Source: unified-llm-spec 4.7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeoutConfig {
    /// For everything: all requests, their retries and the tools.
    pub total: Option<Duration>,
    /// For one attempt at one request, to the last event where it streams.
    pub per_step: Option<Duration>,
    /// For one execution of a tool that has no time of its own; when it is up, the model is told so
    /// in the tool's result.
    pub per_tool: Option<Duration>,
}

impl TimeoutConfig {
    /// No limit of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time for everything.
    #[must_use]
    pub fn total(mut self, total: Duration) -> Self {
        self.total = Some(total);
        self
    }

    /// Sets the time for one attempt at one request.
    #[must_use]
    pub fn per_step(mut self, per_step: Duration) -> Self {
        self.per_step = Some(per_step);
        self
    }

    /// Sets the time for one execution of a tool.
    #[must_use]
    pub fn per_tool(mut self, per_tool: Duration) -> Self {
        self.per_tool = Some(per_tool);
        self
    }
}

impl From<Duration> for TimeoutConfig {
    fn from(total: Duration) -> Self {
        Self::new().total(total)
    }
}

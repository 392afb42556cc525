//! What a call may use.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    environment::{ExecutionEnvironment, OutputSink},
    error::Error,
    limits,
    subagent::Parent,
    whole_work::WholeWork,
};

/// What a tool's call may use: where to run, how long, whether it is still wanted.
#[derive(Debug, Clone)]
pub struct ToolContext {
    environment: Arc<dyn ExecutionEnvironment>,
    cancel: CancellationToken,
    cancel_grace: Duration,
    output: OutputSink,
    variables: Arc<BTreeMap<String, String>>,
    default_timeout: Duration,
    max_timeout: Duration,
    parent: Option<Arc<Parent>>,
    whole_work: WholeWork,
}

impl ToolContext {
    /// A context for calls in this environment, with ten seconds for a command unless it asks for
    /// more and ten minutes at most.
    #[must_use]
    pub fn new(environment: Arc<dyn ExecutionEnvironment>) -> Self {
        Self {
            environment,
            cancel: CancellationToken::new(),
            cancel_grace: limits::CANCEL_GRACE,
            output: OutputSink::none(),
            variables: Arc::default(),
            default_timeout: Duration::from_secs(10),
            max_timeout: Duration::from_secs(600),
            parent: None,
            whole_work: WholeWork::default(),
        }
    }

    /// Sets the token that cancels the call.
    #[must_use]
    pub fn with_cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets how long its commands may take to end when it is cancelled; two seconds unless set.
    #[must_use]
    pub fn with_cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace;
        self
    }

    /// Sets where output goes while the tool runs.
    #[must_use]
    pub fn with_output(mut self, output: OutputSink) -> Self {
        self.output = output;
        self
    }

    /// Sets variables for the commands of the call.
    #[must_use]
    pub fn with_variables(mut self, variables: Arc<BTreeMap<String, String>>) -> Self {
        self.variables = variables;
        self
    }

    /// Sets how long a command may take when it doesn't say, and at most.
    #[must_use]
    pub fn with_timeouts(mut self, default: Duration, max: Duration) -> Self {
        self.default_timeout = default;
        self.max_timeout = max;
        self
    }

    /// Sets the session that the call belongs to, whose subagents it may use.
    #[must_use]
    pub(crate) fn with_parent(mut self, parent: Option<Arc<Parent>>) -> Self {
        self.parent = parent;
        self
    }

    /// Sets where work goes that is done to its end.
    #[must_use]
    pub(crate) fn with_whole_work(mut self, whole_work: WholeWork) -> Self {
        self.whole_work = whole_work;
        self
    }

    pub(crate) fn parent(&self) -> Option<&Parent> {
        self.parent.as_deref()
    }

    /// Where files are and commands run.
    #[must_use]
    pub fn environment(&self) -> &dyn ExecutionEnvironment {
        &*self.environment
    }

    /// Does a piece of work to its end, even if the call is cancelled and dropped meanwhile: for
    /// changes that must not stop half way, such as those of several files. The session's next input
    /// waits for it.
    ///
    /// The work has a thread of the runtime's blocking pool to itself and may block it. Only a process
    /// that is killed, or ends without shutting its runtime down, stops it.
    ///
    /// # Errors
    /// Those of the work; `Io` where it panicked, or the runtime was shut down before it began.
    pub async fn to_its_end<T, F>(
        &self,
        work: impl FnOnce(Arc<dyn ExecutionEnvironment>) -> F + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>>,
    {
        let environment = Arc::clone(&self.environment);
        self.whole_work.run(move || work(environment)).await
    }

    /// Cancelled when the session is aborted.
    #[must_use]
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// How long a command that is ended by a cancel may take to clean up before it is killed; a tool
    /// has half a second more.
    #[must_use]
    pub fn cancel_grace(&self) -> Duration {
        self.cancel_grace
    }

    /// Where output goes while the tool runs.
    #[must_use]
    pub fn output(&self) -> &OutputSink {
        &self.output
    }

    /// Variables that the session sets for every command.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// How long a command may take: what was asked for within the maximum, else the default.
    #[must_use]
    pub fn timeout(&self, asked_ms: Option<u64>) -> Duration {
        asked_ms
            .map_or(self.default_timeout, Duration::from_millis)
            .min(self.max_timeout)
    }
}

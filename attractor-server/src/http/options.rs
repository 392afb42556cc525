use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attractor_core::BudgetLimits;
use attractor_core::engine::EngineBuilder;
use serde::Deserialize;
use serde_json::Value;

use super::limits::{HEARTBEAT, MAX_RUNNING, MAX_STREAMS, SUBMISSION_BYTES};
use super::{Error, PipelineService};

type Equip = dyn Fn(EngineBuilder) -> EngineBuilder + Send + Sync;

/// How a [`PipelineService`] is set up.
#[derive(Clone)]
pub struct PipelineServiceBuilder {
    pub(super) root: PathBuf,
    pub(super) workdir: PathBuf,
    pub(super) equip: Arc<Equip>,
    pub(super) max_running: usize,
    pub(super) max_streams: usize,
    pub(super) submission_bytes: usize,
    pub(super) heartbeat: Duration,
}

impl PipelineServiceBuilder {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            workdir: PathBuf::from("."),
            equip: Arc::new(|builder| builder),
            max_running: MAX_RUNNING,
            max_streams: MAX_STREAMS,
            submission_bytes: SUBMISSION_BYTES,
            heartbeat: HEARTBEAT,
        }
    }

    /// Sets what the engine of each pipeline has besides the built-in handlers: a backend for model
    /// stages, handlers, transforms, lint rules. Without it, model stages are simulated.
    ///
    /// The engine that is passed in has an interviewer already: the one that is answered over HTTP.
    #[must_use]
    pub fn engine(
        mut self,
        equip: impl Fn(EngineBuilder) -> EngineBuilder + Send + Sync + 'static,
    ) -> Self {
        self.equip = Arc::new(equip);
        self
    }

    /// Sets the directory that pipelines work in; without it, the process's.
    #[must_use]
    pub fn workdir(mut self, workdir: impl AsRef<Path>) -> Self {
        self.workdir = workdir.as_ref().to_owned();
        self
    }

    /// Sets how many pipelines may run at a time; at least one.
    #[must_use]
    pub fn max_running(mut self, max: usize) -> Self {
        self.max_running = max.max(1);
        self
    }

    /// Sets how many event streams may be open at a time.
    #[must_use]
    pub fn max_streams(mut self, max: usize) -> Self {
        self.max_streams = max;
        self
    }

    /// Sets how many bytes the body of a submission may have.
    #[must_use]
    pub fn submission_bytes(mut self, bytes: usize) -> Self {
        self.submission_bytes = bytes;
        self
    }

    /// Sets how long an event stream is silent before a comment shows that it's alive.
    #[must_use]
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// The service. Nothing runs yet: see [`PipelineService::resume_interrupted`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](super::ErrorKind::Internal) if the directory for the runs can't be
    /// made, [`ErrorKind::InvalidRequest`](super::ErrorKind::InvalidRequest) if there is no
    /// directory to work in.
    pub fn build(self) -> Result<PipelineService, Error> {
        PipelineService::new(self)
    }
}

impl fmt::Debug for PipelineServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipelineServiceBuilder")
            .field("root", &self.root)
            .field("workdir", &self.workdir)
            .field("max_running", &self.max_running)
            .finish_non_exhaustive()
    }
}

/// A pipeline to be executed, and how: the JSON body of `POST /pipelines`.
///
/// ```
/// use attractor_server::http::Submission;
///
/// let submission = Submission::new("digraph { … }").param("ticket", 1234);
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Submission {
    /// The pipeline, as DOT.
    pub source: String,
    /// Keys and values for the run's context.
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    /// What the run may use; at a limit it's paused.
    #[serde(default)]
    pub limits: BudgetLimits,
}

impl Submission {
    /// A pipeline without parameters or limits.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            params: BTreeMap::new(),
            limits: BudgetLimits::new(),
        }
    }

    /// Puts a key and a value into the run's context.
    #[must_use]
    pub fn param(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(key.into(), value.into());
        self
    }

    /// Sets what the run may use; at a limit it's paused.
    #[must_use]
    pub fn limits(mut self, limits: BudgetLimits) -> Self {
        self.limits = limits;
        self
    }
}

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::handler::{Budget, ProgressSink, StageContext};
use crate::journal::{Journal, MemoryJournal};
use crate::run::BudgetLimits;

/// How to start a run.
///
/// ```
/// use attractor_core::RunOptions;
///
/// let options = RunOptions::new("runs/7").workdir("/src/project").param("ticket", 1234).seed(1);
/// ```
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub(super) place: Place,
    pub(super) run_id: Option<String>,
    pub(super) workdir: Option<PathBuf>,
    pub(super) params: BTreeMap<String, Value>,
    pub(super) limits: BudgetLimits,
    pub(super) within: Option<Within>,
    pub(super) seed: Option<u64>,
    pub(super) git: bool,
    pub(super) host: Map<String, Value>,
}

/// The run of which another run is a part.
#[derive(Clone, Debug)]
pub(super) struct Within {
    pub(super) budget: Budget,
    pub(super) progress: ProgressSink,
}

impl Within {
    fn of(stage: &StageContext) -> Self {
        Self {
            budget: stage.budget().clone(),
            progress: stage.progress().clone(),
        }
    }
}

/// Where a run is kept.
#[derive(Clone)]
pub(super) enum Place {
    Directory(PathBuf),
    Journal(Arc<dyn Journal>),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.fmt(f),
            Self::Journal(journal) => journal.fmt(f),
        }
    }
}

impl RunOptions {
    /// A run kept in a directory, which is made if there is none.
    pub fn new(directory: impl AsRef<Path>) -> Self {
        Self::at(Place::Directory(directory.as_ref().to_owned()))
    }

    /// A run kept in a journal.
    pub fn with_journal(journal: Arc<dyn Journal>) -> Self {
        Self::at(Place::Journal(journal))
    }

    /// A run that isn't kept: it has no files and can't be resumed.
    pub fn in_memory() -> Self {
        Self::with_journal(Arc::new(MemoryJournal::new()))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            run_id: None,
            workdir: None,
            params: BTreeMap::new(),
            limits: BudgetLimits::new(),
            within: None,
            seed: None,
            git: false,
            host: Map::new(),
        }
    }

    /// Sets the run's id; without one, it's made from the time and a random number.
    #[must_use]
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.run_id = Some(run_id.into());
        self
    }

    /// Sets the directory the stages work in; without one, it's the process's.
    #[must_use]
    pub fn workdir(mut self, workdir: impl AsRef<Path>) -> Self {
        self.workdir = Some(workdir.as_ref().to_owned());
        self
    }

    /// Puts a key and a value into the context.
    #[must_use]
    pub fn param(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(key.into(), value.into());
        self
    }

    /// Sets what the run may use; the graph's attributes count where this says nothing. At a limit
    /// the run is paused.
    #[must_use]
    pub fn limits(mut self, limits: BudgetLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes the run a part of the run that executes this stage: what it uses counts there too,
    /// and the limits there stand against it.
    #[must_use]
    pub fn within(mut self, stage: &StageContext) -> Self {
        self.within = Some(Within::of(stage));
        self
    }

    /// Sets the seed of the retry jitter; without one, it's made from the run's id.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Commits the working tree after each node, on the branch `attractor/run/<run id>`, and gives
    /// each branch of a parallel node a working tree of its own.
    ///
    /// The user's own branches, index and hooks aren't touched. See `docs/git.md`.
    #[cfg(feature = "git")]
    #[must_use]
    pub fn git(mut self, wanted: bool) -> Self {
        self.git = wanted;
        self
    }

    /// Sets what the host wants to find again in the manifest when it resumes the run.
    #[must_use]
    pub fn metadata(mut self, host: Map<String, Value>) -> Self {
        self.host = host;
        self
    }
}

/// How to resume a run.
#[derive(Clone, Debug, Default)]
pub struct ResumeOptions {
    pub(super) workdir: Option<PathBuf>,
    pub(super) source: Option<String>,
    pub(super) allow_changed_graph: bool,
    pub(super) limits: BudgetLimits,
    pub(super) within: Option<Within>,
}

impl ResumeOptions {
    /// Resumes with the pipeline and the working directory the run was started with.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets another directory for the stages to work in.
    #[must_use]
    pub fn workdir(mut self, workdir: impl AsRef<Path>) -> Self {
        self.workdir = Some(workdir.as_ref().to_owned());
        self
    }

    /// Sets the pipeline the caller means: if the run was started with another one, the resume is
    /// refused unless [`allow_changed_graph`](Self::allow_changed_graph) is set.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Goes on even if the pipeline isn't the one the run was started with. The journal is then
    /// no longer checked against the pipeline.
    #[must_use]
    pub fn allow_changed_graph(mut self, allow: bool) -> Self {
        self.allow_changed_graph = allow;
        self
    }

    /// Changes what the run may use in all, what it has used already included; limits that this
    /// says nothing about stay as they are.
    #[must_use]
    pub fn limits(mut self, limits: BudgetLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes the run a part of the run that executes this stage, as in [`RunOptions::within`].
    #[must_use]
    pub fn within(mut self, stage: &StageContext) -> Self {
        self.within = Some(Within::of(stage));
        self
    }
}

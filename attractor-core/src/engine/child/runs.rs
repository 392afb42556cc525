//! From a stage to the run of another pipeline that does its work.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::yield_now;

use super::Telemetry;
use super::observer::Observer;
use super::preparation::child_dotfile;
use crate::engine::drive::milliseconds;
use crate::engine::{
    Engine, EngineRun, Pipeline, ResumeOptions, RunHandle, RunOptions, RunReport, RunStatus, clock,
};
use crate::handler::{ProgressSink, StageContext, StageProgress};
use crate::journal::{self, CHILD_DIRECTORY, RunDirectory};
use crate::run::limits::{CANCEL_GRACE_MS, CHILD_GRACE_MS};
use crate::run::{Ending, UsageTotals};
use crate::{Error, ErrorKind};

/// What a stage needs to run another pipeline: the engine that executes it, and the pipelines
/// that were prepared with its own. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ChildRuns {
    engine: Engine,
    pipeline: Pipeline,
    seed: u64,
    grace: Duration,
}

/// What a child run gets from the stage that runs it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ChildOptions {
    /// Keys and values for its context.
    pub params: BTreeMap<String, Value>,
    /// The directory its stages work in; the stage's without one.
    pub workdir: Option<PathBuf>,
}

/// A child run that is about to be executed, or that has ended already.
#[derive(Debug)]
pub struct ChildRun {
    run: EngineRun,
    observer: Arc<Observer>,
    stage: StageContext,
    name: String,
    resumed: bool,
    /// Whether its failure was found in its journal and stands.
    is_over: bool,
}

/// A way to watch and steer a child run while it's executed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ChildHandle {
    run: RunHandle,
    observer: Arc<Observer>,
}

impl ChildHandle {
    /// The run: to steer it, or to stop it.
    pub fn run(&self) -> &RunHandle {
        &self.run
    }

    /// What is known of it now.
    pub fn telemetry(&self) -> Telemetry {
        self.observer.telemetry()
    }

    /// Waits until a stage of it that does work has begun, since the last call.
    pub async fn begun(&self) {
        self.observer.begun().await;
    }

    /// Waits until a stage of it has ended, since the last call.
    pub async fn changed(&self) {
        self.observer.changed().await;
    }
}

impl ChildRuns {
    pub(in crate::engine) fn new(engine: Engine, pipeline: Pipeline, seed: u64) -> Self {
        let levels = u64::try_from(pipeline.depth() - 1).unwrap_or(u64::MAX);
        let grace = CANCEL_GRACE_MS + levels.saturating_mul(CHILD_GRACE_MS);
        Self {
            engine,
            pipeline,
            seed,
            grace: Duration::from_millis(grace),
        }
    }

    /// How long a stage may take to wind up after a cancel.
    pub(in crate::engine) fn grace(&self) -> Duration {
        self.grace
    }

    /// The pipeline that a stage's node runs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the node names none, or one that wasn't there when the
    /// stage's own pipeline was prepared.
    pub fn pipeline(&self, stage: &StageContext) -> Result<&Pipeline, Error> {
        let name = child_dotfile(stage.graph(), stage.node()).unwrap_or_default();
        self.pipeline.child(&name).ok_or_else(|| {
            let text = format!("node {} names no child pipeline", stage.node().id());
            Error::new(ErrorKind::InvalidInput, text)
        })
    }

    /// Sets up the run of a pipeline for a stage: in `child/` of the stage's directory, or in
    /// memory. A run that the same attempt has left there is gone on with; so is that of the
    /// attempt before if the stage's own run had failed there and was resumed.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::start`] and [`Engine::resume`].
    pub async fn open(
        &self,
        stage: &StageContext,
        pipeline: &Pipeline,
        options: ChildOptions,
    ) -> Result<ChildRun, Error> {
        let workdir = options.workdir.as_deref().unwrap_or(Path::new(""));
        let workdir = stage.workdir().join(workdir);
        let directory = stage.stage_dir().map(|root| root.join(CHILD_DIRECTORY));
        if let Some(directory) = &directory
            && Self::is_left(stage, directory)?
        {
            return self.resume(stage, directory, &workdir).await;
        }
        let run_id = run_id(stage);
        let started = match directory {
            Some(directory) => RunOptions::new(directory),
            None => RunOptions::in_memory(),
        };
        let mut started = started
            .seed(self.seed ^ clock::hash(run_id.as_bytes()))
            .run_id(run_id)
            .workdir(workdir)
            .within(stage);
        started.params = options.params;
        let run = self.engine.start(pipeline, started).await?;
        let telemetry = Telemetry {
            run_id: run.run_id.to_string(),
            name: pipeline.graph().name().to_owned(),
            ..Telemetry::default()
        };
        Ok(self.adopt(run, stage, telemetry))
    }

    /// Whether there is a run to go on with. That of the attempt before is put in its place.
    fn is_left(stage: &StageContext, directory: &Path) -> Result<bool, Error> {
        if journal::holds_run(directory) {
            return Ok(true);
        }
        let before = journal::earlier_attempt(directory, stage.execution());
        let Some(before) = before.filter(|_| stage.continues()) else {
            return Ok(false);
        };
        if !journal::holds_run(&before) {
            return Ok(false);
        }
        let moved = fs::rename(&before, directory);
        moved.map_err(|error| Error::io(format!("move {}", before.display()), error))?;
        Ok(true)
    }

    async fn resume(
        &self,
        stage: &StageContext,
        directory: &Path,
        workdir: &Path,
    ) -> Result<ChildRun, Error> {
        let entries = RunDirectory::open(directory)?.entries()?;
        let mut telemetry = Telemetry::default();
        entries.iter().for_each(|entry| telemetry.add(entry));
        let options = ResumeOptions::new().workdir(workdir).within(stage);
        let run = self.engine.resume(directory, options).await?;
        telemetry.run_id = run.run_id.to_string();
        telemetry.context = run.run.context().clone();
        let failed = matches!(run.run.ending(), Some(Ending::Failure { .. }));
        let begun = stage.child().is_some_and(|child| child.begun);
        let is_over = failed && (begun || !stage.continues());
        Ok(ChildRun {
            resumed: !entries.is_empty(),
            is_over,
            ..self.adopt(run, stage, telemetry)
        })
    }

    fn adopt(&self, mut run: EngineRun, stage: &StageContext, telemetry: Telemetry) -> ChildRun {
        let name = telemetry.name.clone();
        let observer = Observer::new(stage.progress().clone(), telemetry);
        let observer = Arc::new(observer);
        run.cancel = stage.cancel().child_token();
        run.within = Some(stage.path().into());
        run.observer = Some(Arc::clone(&observer));
        ChildRun {
            run,
            observer,
            stage: stage.clone(),
            name,
            resumed: false,
            is_over: false,
        }
    }
}

impl ChildRun {
    /// A way to watch and steer it.
    pub fn handle(&self) -> ChildHandle {
        ChildHandle {
            run: self.run.handle(),
            observer: Arc::clone(&self.observer),
        }
    }

    /// Reports what the run has used and its parent's journal doesn't have, because a process
    /// ended in between. From now on, what is used is reported at once.
    fn catch_up(&self, progress: &ProgressSink) {
        let (run, child) = (&self.run.run, self.stage.child());
        let mut used = *run.usage();
        used.child_stages = used.child_stages.saturating_add(run.steps());
        let known = child.filter(|child| child.run_id == run.run_id());
        let usage = used.since(&known.map(|child| child.usage).unwrap_or_default());
        if usage != UsageTotals::default() {
            progress.send(StageProgress::ChildUsage { usage });
        }
    }

    /// Executes it to its end, or until the stage or the run itself is cancelled. Messages to the
    /// stage are passed on to it.
    ///
    /// # Errors
    ///
    /// Those of [`EngineRun::execute`].
    pub async fn execute(self) -> Result<RunReport, Error> {
        let progress = self.stage.progress().clone();
        let run_id = self.run.run_id.to_string();
        progress.send(StageProgress::ChildStarted {
            run_id: run_id.clone(),
            name: self.name.clone(),
            resumed: self.resumed,
        });
        self.catch_up(&progress);
        // The parent's journal has them before anything is executed.
        yield_now().await;
        let report = if self.is_over {
            self.run.result()
        } else {
            let handle = self.run.handle();
            let mut inbox = self.stage.steering();
            let mut execution = std::pin::pin!(self.run.execute());
            loop {
                tokio::select! {
                    biased;
                    report = &mut execution => break report?,
                    message = inbox.next() => {
                        if handle.steer(message.clone()).is_err() {
                            inbox.give_back(message);
                            yield_now().await;
                        }
                    }
                }
            }
        };
        report.undelivered.iter().for_each(|message| {
            self.stage.steering().give_back(message.clone());
        });
        progress.send(StageProgress::ChildCompleted {
            run_id,
            status: word(report.status).to_owned(),
            reason: report.reason.clone(),
            duration_ms: milliseconds(report.duration),
        });
        Ok(report)
    }
}

/// The id of a stage's child run: the same whenever the attempt is made.
fn run_id(stage: &StageContext) -> String {
    let branch = stage.branch().map_or_else(String::new, |branch| {
        format!("{}.", branch.as_str().replace('/', "."))
    });
    let (node, number) = (stage.node().id(), stage.execution());
    format!("{}.{branch}{node}.{number}", stage.run_id())
}

fn word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Success => "success",
        RunStatus::Fail => "fail",
        RunStatus::Cancelled => "cancelled",
        RunStatus::Paused => "paused",
    }
}

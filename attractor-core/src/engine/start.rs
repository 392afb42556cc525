//! From a pipeline, or from what is left of a run, to a run that can be executed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::child::{ChildRuns, Preparation};
use super::drive::milliseconds;
use super::files::Files;
use super::options::Place;
use super::purse::Purse;
use super::{Engine, EngineRun, Pipeline, ResumeOptions, RunOptions, clock};
use crate::artifact::ArtifactStore;
use crate::handler::end_left_over;
use crate::journal::{Journal, Manifest, RunDirectory, stage_path};
use crate::run::limits::UPDATE_BUFFER;
use crate::run::{BudgetLimits, Ending, LimitReached, Run, RunEvent};
use crate::{Error, ErrorKind};

impl Engine {
    /// Sets up a new run. Nothing is executed until [`EngineRun::execute`] is polled.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if a run is kept there already, [`ErrorKind::Locked`] if
    /// another process is using it, [`ErrorKind::Io`] if it can't be written, and
    /// [`ErrorKind::InvalidInput`] if the working directory isn't one, or, in git mode, isn't in
    /// the working tree of a repository.
    pub async fn start(
        &self,
        pipeline: &Pipeline,
        options: RunOptions,
    ) -> Result<EngineRun, Error> {
        let workdir = working_directory(options.workdir.as_deref())?;
        let journal = match options.place {
            Place::Directory(path) => Arc::new(RunDirectory::create(path)?),
            Place::Journal(journal) => journal,
        };
        let graph = pipeline.graph();
        let run_id = options.run_id.unwrap_or_else(clock::new_run_id);
        let cancel = CancellationToken::new();
        let files =
            Files::create(options.git, &workdir, &run_id, journal.as_ref(), &cancel).await?;
        let manifest = Manifest {
            version: Manifest::VERSION,
            seed: options
                .seed
                .unwrap_or_else(|| clock::hash(run_id.as_bytes())),
            name: graph.name().to_owned(),
            goal: graph.attrs().goal.clone(),
            started_at: clock::now(),
            graph_hash: graph_hash(pipeline.source()),
            workdir: workdir.to_string_lossy().into_owned(),
            params: options.params,
            limits: options.limits,
            file: pipeline
                .file()
                .map(|file| file.to_string_lossy().into_owned()),
            includes: pipeline.includes().to_manifest(),
            git_branch: files.branch(&run_id),
            run_id,
            host: options.host,
        };
        journal.create(&manifest, pipeline.source()).await?;
        let run = Run::new(Arc::clone(graph)).with_artifacts(artifacts(journal.as_ref()));
        let limits = options.limits.or(run.limits());
        Ok(EngineRun {
            purse: Purse::new(limits, options.within),
            files,
            cancel,
            ..self.run(run, journal, manifest, workdir, pipeline.clone())
        })
    }

    /// Sets up a run that another process left behind in a directory, with the pipeline it was
    /// started with. A run that failed goes on at the stage that failed; one that succeeded is
    /// executed no further: its report comes at once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no run, [`ErrorKind::Locked`] if another process is
    /// executing it, [`ErrorKind::Damaged`] if its journal can't be read or isn't that of the
    /// pipeline, [`ErrorKind::GraphChanged`] if the pipeline is another one,
    /// [`ErrorKind::InvalidGraph`] if it can't run any more, [`ErrorKind::LimitReached`] if it was
    /// paused at a limit that the options don't raise.
    pub async fn resume(
        &self,
        directory: impl AsRef<Path>,
        options: ResumeOptions,
    ) -> Result<EngineRun, Error> {
        self.resume_journal(Arc::new(RunDirectory::open_locked(directory)?), options)
            .await
    }

    /// The same for a run that is kept in a journal.
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume).
    pub async fn resume_journal(
        &self,
        journal: Arc<dyn Journal>,
        options: ResumeOptions,
    ) -> Result<EngineRun, Error> {
        let (manifest, stored) = journal.describe().await?;
        let entries = journal.load().await?;
        let source = options.source.unwrap_or_else(|| stored.clone());
        let hash = graph_hash(&source);
        let known = entries.iter().rev().find_map(|entry| match &entry.event {
            RunEvent::RunStarted { graph_hash, .. } | RunEvent::RunResumed { graph_hash, .. } => {
                Some(graph_hash.as_str())
            }
            _ => None,
        });
        let changed = hash != known.unwrap_or(&manifest.graph_hash);
        if changed && !options.allow_changed_graph {
            return Err(graph_changed(&stored, &source));
        }
        // A run that went on with a changed pipeline before can't be checked from its start.
        let unchecked = changed || entries.iter().any(|entry| changed_before(&entry.event));
        let file = manifest.file.as_deref().map(Path::new);
        let goal = if changed { "" } else { &manifest.goal };
        let pipeline = Preparation::new(self, file)
            .with_kept(&manifest.includes)
            .root(source.as_str().into(), goal)?;
        let graph = Arc::clone(pipeline.graph());
        let run = Run::new(graph).with_artifacts(artifacts(journal.as_ref()));
        let run = Run::fold(run, &entries, !unchecked)?;
        if let Some(root) = journal.root() {
            end_left_overs(&run, root).await;
        }
        let wanted = options
            .workdir
            .unwrap_or_else(|| PathBuf::from(&manifest.workdir));
        let workdir = working_directory(Some(&wanted))?;
        if changed && stored != source {
            journal.replace_source(&source).await?;
        }
        let is_open = !entries.is_empty() && run.ending() != Some(&Ending::Success);
        let resumed = RunEvent::RunResumed {
            graph_hash: hash,
            graph_changed: changed,
            same_visit: true,
            limits: options.limits,
        };
        let before = clock::executed_for(&entries);
        let limits = options.limits.or(run.limits());
        if let Some(reached) = still_reached(&run, limits, before) {
            return Err(stays_paused(reached));
        }
        let seq = entries.last().map_or(0, |entry| entry.seq);
        let cancel = CancellationToken::new();
        let files = Files::reopen(&manifest, &workdir, &entries, journal.as_ref(), &cancel).await?;
        Ok(EngineRun {
            seq,
            files,
            cancel,
            resumed: is_open.then_some(resumed),
            purse: Purse::new(limits, options.within).after(before),
            ..self.run(run, journal, manifest, workdir, pipeline)
        })
    }

    fn run(
        &self,
        run: Run,
        journal: Arc<dyn Journal>,
        manifest: Manifest,
        workdir: PathBuf,
        pipeline: Pipeline,
    ) -> EngineRun {
        EngineRun {
            children: ChildRuns::new(self.clone(), pipeline, manifest.seed),
            within: None,
            observer: None,
            steering: Arc::default(),
            engine: self.clone(),
            run,
            journal,
            workdir: workdir.into(),
            files: Files::default(),
            run_id: manifest.run_id.as_str().into(),
            manifest,
            seq: 0,
            resumed: None,
            cancel: CancellationToken::new(),
            why: Arc::default(),
            updates: broadcast::Sender::new(UPDATE_BUFFER),
            began: Instant::now(),
            clocks: BTreeMap::new(),
            purse: Purse::default(),
        }
    }
}

/// Ends what the killed process has left running, before its stages begin again.
async fn end_left_overs(run: &Run, root: &Path) {
    for stage in run.open_attempts() {
        if end_left_over(&stage_path(root, stage)).await {
            let (run, node) = (run.run_id(), &stage.node);
            tracing::warn!(%run, %node, "killed what an interrupted stage had left running");
        }
    }
}

/// Where a run's large values are kept: with its files, if it has any.
fn artifacts(journal: &dyn Journal) -> ArtifactStore {
    let root = journal.root();
    root.map_or_else(ArtifactStore::in_memory, ArtifactStore::in_directory)
}

/// The limit at which a run was paused, if these limits leave it reached.
fn still_reached(run: &Run, limits: BudgetLimits, before: Duration) -> Option<LimitReached> {
    let limit = run.paused()?.limit;
    let milliseconds = milliseconds(before);
    let spent = run.spent().lasting(milliseconds);
    limits.check(&spent, &[limit]).err()
}

fn stays_paused(reached: LimitReached) -> Error {
    let name = reached.limit.as_str();
    let text = format!("the run stays paused until {name} is raised: {reached}");
    Error::new(ErrorKind::LimitReached, text).with_source(reached)
}

fn working_directory(path: Option<&Path>) -> Result<PathBuf, Error> {
    let path = path.unwrap_or(Path::new("."));
    if !path.is_dir() {
        let text = format!("the working directory {} isn't a directory", path.display());
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    std::path::absolute(path).map_err(|error| Error::io(format!("find {}", path.display()), error))
}

fn graph_hash(source: &str) -> String {
    format!("{:016x}", clock::hash(source.as_bytes()))
}

fn changed_before(event: &RunEvent) -> bool {
    matches!(
        event,
        RunEvent::RunResumed {
            graph_changed: true,
            ..
        }
    )
}

/// Says where two pipelines begin to differ.
fn graph_changed(stored: &str, source: &str) -> Error {
    let text = "the pipeline isn't the one the run was started with".to_owned();
    let (mut old, mut new) = (stored.lines(), source.lines());
    for number in 1_usize.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (was, is) if was == is => {}
            (was, is) => {
                let was = was.map_or_else(|| "nothing".to_owned(), |line| format!("{line:?}"));
                let is = is.map_or_else(|| "nothing".to_owned(), |line| format!("{line:?}"));
                let text = format!("{text}: line {number} was {was} and is {is}");
                return Error::new(ErrorKind::GraphChanged, text);
            }
        }
    }
    Error::new(ErrorKind::GraphChanged, text)
}

//! The service behind the router: runs pipelines and knows where each is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attractor_core::engine::{Engine, EngineRun, ResumeOptions, RunOptions};
use attractor_core::run::Ending;
use attractor_core::{
    Answer, AutoApproveInterviewer, BudgetLimits, Diagnostic, Interviewer, NodeId,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::{JoinSet, spawn_blocking};

use super::limits::MAX_PAGE;
use super::options::PipelineServiceBuilder;
use super::questions::{PendingQuestion, Questions};
use super::running::{Running, execute};
use super::status::{PipelineState, PipelineStatus, PipelineSummary};
use super::store::Store;
use super::view::View;
use super::views::Views;
use super::{Error, ErrorKind, PipelineId, Submission};
use crate::settings::Settings;
use crate::{diagnostics, place};

/// Runs pipelines, several at a time, each in a directory of its own below one root. Cheap to clone.
///
/// What it knows of a run is in the run's directory: after a restart of the process all runs are
/// there again, those that were running as interrupted ones.
///
/// When the last clone is dropped, what still runs is dropped too, as at the end of the process;
/// [`shutdown`](Self::shutdown) stops it in good order.
///
/// ```
/// use attractor_server::http::{PipelineService, PipelineState, Submission};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let runs = tempfile::tempdir()?;
/// let service = PipelineService::builder(runs.path()).build()?;
/// let id = service
///     .submit(Submission::new(
///         "digraph { start [shape=Mdiamond]; exit [shape=Msquare]; start -> exit }",
///     ))
///     .await?;
/// service.wait(&id).await;
/// assert_eq!(service.status(&id).await?.summary.status, PipelineState::Success);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PipelineService(pub(super) Arc<Parts>);

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) options: PipelineServiceBuilder,
    pub(super) streams: Arc<Semaphore>,
    store: Store,
    workdir: PathBuf,
    /// Reads pipelines and runs none.
    reader: Engine,
    slots: Arc<Semaphore>,
    /// The runs of this process; those that are over stay until the next one begins.
    running: Mutex<BTreeMap<PipelineId, Arc<Running>>>,
    tasks: Mutex<JoinSet<()>>,
    views: Views,
}

/// Why a run is interrupted by a request.
const CANCELLED: &str = "cancelled";

/// Why a run is interrupted at the end of the service: the next one goes on with it.
const SHUT_DOWN: &str = "the service was shut down";

/// A lock whose data no panic can leave torn: each change is a single insertion or removal.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PipelineService {
    /// A service to be, whose runs are kept below `root`.
    pub fn builder(root: impl AsRef<std::path::Path>) -> PipelineServiceBuilder {
        PipelineServiceBuilder::new(root.as_ref())
    }

    pub(super) fn new(options: PipelineServiceBuilder) -> Result<Self, Error> {
        let workdir = place::workdir(Some(&options.workdir)).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, error.to_string()).caused_by(error)
        })?;
        let approve = Arc::new(AutoApproveInterviewer::new());
        Ok(Self(Arc::new(Parts {
            store: Store::open(&options.root)?,
            workdir,
            reader: equipped(&options, approve),
            slots: Arc::new(Semaphore::new(options.max_running)),
            streams: Arc::new(Semaphore::new(options.max_streams)),
            running: Mutex::default(),
            tasks: Mutex::default(),
            views: Views::default(),
            options,
        })))
    }

    /// Begins to execute a pipeline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidPipeline`], with the diagnostics, [`ErrorKind::Busy`] if as many run as
    /// may, [`ErrorKind::ShuttingDown`], [`ErrorKind::Internal`] if its directory can't be written.
    pub async fn submit(&self, submission: Submission) -> Result<PipelineId, Error> {
        self.submit_diagnosed(submission).await.map(|(id, _)| id)
    }

    /// The same, with the warnings about the pipeline.
    pub(super) async fn submit_diagnosed(
        &self,
        submission: Submission,
    ) -> Result<(PipelineId, Vec<serde_json::Value>), Error> {
        let permit = self.slot()?;
        let Submission {
            source,
            params,
            limits,
        } = submission;
        let (engine, questions) = self.engine();
        let prepared = blocking({
            let engine = engine.clone();
            move || {
                let prepared = engine.prepare(&source);
                prepared.map_err(|error| invalid(&source, &error.diagnostics))
            }
        });
        let pipeline = prepared.await??;
        let id: PipelineId = place::new_run_id().parse()?;
        let settings = Settings {
            workdir: self.0.workdir.clone(),
            ..Settings::default()
        };
        let mut options = RunOptions::new(self.0.store.path(&id))
            .run_id(id.as_str())
            .workdir(&self.0.workdir)
            .metadata(settings.to_host())
            .limits(limits);
        for (key, value) in params {
            options = options.param(key, value);
        }
        let run = engine.start(&pipeline, options).await?;
        let found = diagnostics::to_json(pipeline.source(), pipeline.diagnostics());
        self.begin(id.clone(), run, questions, permit);
        Ok((id, found))
    }

    /// Goes on with a run that was interrupted or paused or has failed, with other limits where
    /// these say something.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::Conflict`] if it's being executed, here or by another
    /// process, or has succeeded, [`ErrorKind::Busy`], [`ErrorKind::ShuttingDown`],
    /// [`ErrorKind::Internal`] if its directory is damaged.
    pub async fn resume(&self, id: &PipelineId, limits: BudgetLimits) -> Result<(), Error> {
        let directory = self.0.store.run(id)?;
        if self.live(id).is_some() {
            return Err(Error::new(ErrorKind::Conflict, "the pipeline is running"));
        }
        let permit = self.slot()?;
        let (engine, questions) = self.engine();
        let run = engine
            .resume(directory.path(), ResumeOptions::new().limits(limits))
            .await?;
        if run.state().ending() == Some(&Ending::Success) {
            let text = "the pipeline has succeeded already: nothing is left to do";
            return Err(Error::new(ErrorKind::Conflict, text));
        }
        self.begin(id.clone(), run, questions, permit);
        Ok(())
    }

    /// Goes on with every run that an earlier process left unfinished, as long as there is room;
    /// returns those that run again. Meant for the start of a program.
    ///
    /// Runs that were stopped on purpose stay where they are, as do failed ones.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] if the runs can't be listed. A run that can't go on is left alone.
    pub async fn resume_interrupted(&self) -> Result<Vec<PipelineId>, Error> {
        let mut resumed = Vec::new();
        let mut before = None;
        loop {
            let (page, next) = self.list(before.as_ref(), MAX_PAGE).await?;
            for found in page {
                if found.status != PipelineState::Interrupted || self.is_stopped(&found.id).await {
                    continue;
                }
                match self.resume(&found.id, BudgetLimits::new()).await {
                    Ok(()) => resumed.push(found.id),
                    Err(error) if error.is_retryable() => return Ok(resumed),
                    Err(error) => {
                        tracing::warn!(run = %found.id, %error, "interrupted run can't go on");
                    }
                }
            }
            if next.is_none() {
                return Ok(resumed);
            }
            before = next;
        }
    }

    /// Whether the run was stopped by something else than the end of a process.
    async fn is_stopped(&self, id: &PipelineId) -> bool {
        let status = self.status(id).await;
        let reason = status.ok().and_then(|status| status.reason);
        reason.is_some_and(|reason| reason != SHUT_DOWN)
    }

    /// Up to `limit` runs whose ids come before `before`, newest first, and what to give as `before`
    /// for those that follow, if there are more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] if the directory can't be read.
    pub async fn list(
        &self,
        before: Option<&PipelineId>,
        limit: usize,
    ) -> Result<(Vec<PipelineSummary>, Option<PipelineId>), Error> {
        let (parts, before) = (Arc::clone(&self.0), before.cloned());
        let page = blocking(move || parts.store.page(before.as_ref(), limit));
        let (mut found, next) = page.await??;
        for summary in &mut found {
            if summary.status == PipelineState::Interrupted && self.live(&summary.id).is_some() {
                summary.status = PipelineState::Running;
            }
        }
        Ok((found, next))
    }

    /// A run's status and progress.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::Internal`] if its directory is damaged.
    pub async fn status(&self, id: &PipelineId) -> Result<PipelineStatus, Error> {
        // Asked first: what is over by now has its end in the journal.
        let running = self.find(id);
        let live = running.as_ref().is_some_and(|running| !running.is_over());
        let questions = running
            .as_ref()
            .map_or(0, |it| it.questions.pending().len());
        let broken = running.and_then(|running| running.broken());
        let id = id.clone();
        self.view(&id.clone(), move |view| {
            PipelineStatus::of(id, view, live, broken, questions)
        })
        .await
    }

    /// The questions of a run that wait for an answer; none if it isn't running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`].
    pub fn questions(&self, id: &PipelineId) -> Result<Vec<PendingQuestion>, Error> {
        self.0.store.run(id)?;
        let running = self.find(id);
        Ok(running.map_or_else(Vec::new, |running| running.questions.pending()))
    }

    /// Answers a question.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::InvalidAnswer`] if the question doesn't allow it: it
    /// then still waits, [`ErrorKind::Conflict`] if it doesn't wait any more.
    pub fn answer(&self, id: &PipelineId, question: &str, answer: Answer) -> Result<(), Error> {
        self.0.store.run(id)?;
        match self.find(id) {
            Some(running) => running.questions.answer(question, answer),
            None => Err(Error::new(
                ErrorKind::NotFound,
                "the run asks no such question",
            )),
        }
    }

    /// Stops a run within a second; it can be resumed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::Conflict`] if it isn't running here.
    pub fn cancel(&self, id: &PipelineId) -> Result<(), Error> {
        self.0.store.run(id)?;
        let running = self.live(id).ok_or_else(not_running)?;
        running.handle.interrupt(CANCELLED);
        Ok(())
    }

    /// Sends a message to the models that work on a run's stages, or on one node's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::Conflict`] if the run isn't running here,
    /// [`ErrorKind::InvalidRequest`] if the message is empty or too long, or too many wait.
    ///
    /// Source: attractor-spec 4.11.
    pub fn steer(
        &self,
        id: &PipelineId,
        node: Option<&NodeId>,
        message: &str,
    ) -> Result<(), Error> {
        self.0.store.run(id)?;
        let running = self.live(id).ok_or_else(not_running)?;
        let sent = match node {
            Some(node) => running.handle.steer_node(node, message),
            None => running.handle.steer(message),
        };
        sent.map_err(|error| match error.kind() {
            attractor_core::ErrorKind::NotFound => not_running(),
            _ => error.into(),
        })
    }

    /// Waits until a run is executed no more.
    pub async fn wait(&self, id: &PipelineId) {
        if let Some(running) = self.find(id) {
            running.over().await;
        }
    }

    /// Stops all runs in good order and waits for them; event streams end with their runs. Nothing
    /// is begun any more; the runs can be resumed by the next process.
    ///
    /// A server that shuts down gracefully waits for its connections, and so for event streams: call
    /// this first.
    pub async fn shutdown(&self) {
        self.0.slots.close();
        for running in lock(&self.0.running).values() {
            running.handle.interrupt(SHUT_DOWN);
        }
        loop {
            let mut tasks = std::mem::take(&mut *lock(&self.0.tasks));
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }

    /// A place for one more run.
    fn slot(&self) -> Result<OwnedSemaphorePermit, Error> {
        let slots = Arc::clone(&self.0.slots);
        slots.try_acquire_owned().map_err(|error| match error {
            TryAcquireError::Closed => {
                Error::new(ErrorKind::ShuttingDown, "no pipeline is begun any more")
            }
            TryAcquireError::NoPermits => {
                let max = self.0.options.max_running;
                let text = format!("{max} pipelines are running, and no more may");
                Error::new(ErrorKind::Busy, text)
            }
        })
    }

    /// An engine for one run, and the questions it asks.
    fn engine(&self) -> (Engine, Arc<Questions>) {
        let questions = Arc::new(Questions::default());
        let engine = equipped(&self.0.options, Arc::clone(&questions) as _);
        (engine, questions)
    }

    fn begin(
        &self,
        id: PipelineId,
        run: EngineRun,
        questions: Arc<Questions>,
        permit: OwnedSemaphorePermit,
    ) {
        let running = Running::new(&run, questions);
        let mut known = lock(&self.0.running);
        known.retain(|_, running| !running.is_over());
        known.insert(id, Arc::clone(&running));
        if self.0.slots.is_closed() {
            // It was begun while the service began to shut down.
            running.handle.interrupt(SHUT_DOWN);
        }
        let mut tasks = lock(&self.0.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(execute(run, running, permit));
    }

    fn find(&self, id: &PipelineId) -> Option<Arc<Running>> {
        lock(&self.0.running).get(id).cloned()
    }

    /// A run that is being executed here.
    pub(super) fn live(&self, id: &PipelineId) -> Option<Arc<Running>> {
        self.find(id).filter(|running| !running.is_over())
    }

    /// The directory of a run, to read it.
    pub(super) fn directory(&self, id: &PipelineId) -> Result<attractor_core::RunDirectory, Error> {
        self.0.store.run(id)
    }

    /// The engine that reads pipelines.
    pub(super) fn reader(&self) -> &Engine {
        &self.0.reader
    }

    /// Looks at the present state of a run.
    pub(super) async fn view<T: Send + 'static>(
        &self,
        id: &PipelineId,
        look: impl FnOnce(&View) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (parts, id) = (Arc::clone(&self.0), id.clone());
        blocking(move || {
            let directory = parts.store.run(&id)?;
            let view = parts.views.current(&id, &directory, &parts.reader)?;
            let view = lock(&view);
            Ok(look(&view))
        })
        .await?
    }
}

fn not_running() -> Error {
    Error::new(ErrorKind::Conflict, "the pipeline isn't running")
}

fn equipped(options: &PipelineServiceBuilder, interviewer: Arc<dyn Interviewer>) -> Engine {
    (options.equip)(Engine::builder().interviewer(interviewer)).build()
}

fn invalid(source: &str, found: &[Diagnostic]) -> Error {
    let text = format!("the pipeline is invalid: {}", diagnostics::count(found));
    Error::new(ErrorKind::InvalidPipeline, text).diagnosed(diagnostics::to_json(source, found))
}

/// Does something that takes the processor or the disk for a while.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work)
        .await
        .map_err(|error| Error::new(ErrorKind::Internal, "the work was cut off").caused_by(error))
}

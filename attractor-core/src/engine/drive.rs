//! The loop: ask the run for its next step, do it, append the event, apply it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::broadcast::Sender;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::attempt::{Happened, until, write_status};
use super::branches::Flights;
use super::child::{ChildRuns, Observer};
use super::files::Files;
use super::handle::{RunHandle, RunUpdate};
use super::purse::Purse;
use super::report::{RunReport, RunStatus};
use super::steering::Steering;
use super::{Engine, clock};
use crate::Error;
use crate::graph::NodeId;
use crate::journal::{Journal, Manifest, stage_path};
use crate::run::{BranchPath, Ending, JournalEntry, Run, RunEvent, StageKey, Step, with_jitter};

/// A run that is about to be executed.
///
/// It's driven by the one future that [`execute`](Self::execute) returns: nothing happens unless
/// that is polled, and dropping it stops everything.
#[derive(Debug)]
pub struct EngineRun {
    pub(super) engine: Engine,
    pub(super) run: Run,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) manifest: Manifest,
    pub(super) workdir: Arc<Path>,
    pub(super) files: Files,
    pub(super) run_id: Arc<str>,
    /// Sequence number of the last entry.
    pub(super) seq: u64,
    /// What to record first if the run was resumed.
    pub(super) resumed: Option<RunEvent>,
    pub(super) cancel: CancellationToken,
    /// Why it's cancelled, if somebody said so.
    pub(super) why: Arc<OnceLock<String>>,
    pub(super) updates: Sender<RunUpdate>,
    pub(super) began: Instant,
    /// When the parallel nodes and the branches that are being executed have begun, by path.
    pub(super) clocks: BTreeMap<String, Instant>,
    pub(super) purse: Purse,
    /// What its stages need to run other pipelines.
    pub(super) children: ChildRuns,
    /// The stage that executes this run, for a child run.
    pub(super) within: Option<Arc<str>>,
    /// Who passes on what happens, for a child run.
    pub(super) observer: Option<Arc<Observer>>,
    /// Messages to its stages.
    pub(super) steering: Arc<Steering>,
}

/// Whether to go on after an attempt.
pub(super) enum Flow {
    GoOn,
    Interrupted,
    /// A limit was met.
    Paused,
}

impl EngineRun {
    /// A way to watch and stop the run from elsewhere.
    pub fn handle(&self) -> RunHandle {
        RunHandle {
            run_id: Arc::clone(&self.run_id),
            run_dir: self.journal.root().map(Path::to_owned),
            cancel: self.cancel.clone(),
            why: Arc::clone(&self.why),
            updates: self.updates.downgrade(),
            steering: Arc::downgrade(&self.steering),
        }
    }

    /// The run's state before it's executed.
    pub fn state(&self) -> &Run {
        &self.run
    }

    /// Executes the run to its end, or until it's cancelled.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the journal can't be written. What is in it
    /// then is true, and the run can be resumed. A run that fails is no error: its report says so.
    pub async fn execute(mut self) -> Result<RunReport, Error> {
        self.began = Instant::now();
        self.purse.begin(&self.run);
        if let Some(event) = self.resumed.take() {
            self.record(None, event).await?;
        }
        let mut flights = Flights::default();
        loop {
            let cancelled = self.run.ending().is_none() && self.cancel.is_cancelled();
            if cancelled {
                self.stop_branches(&mut flights, |_| true).await?;
                return self.interrupt().await;
            }
            if let Some((reached, node)) = self.purse.met.take_if(|_| flights.is_empty()) {
                return self.pause(reached, node).await;
            }
            match self.run.next() {
                Step::Execute { stage, delay_ms } => {
                    // Stages that never wait would keep the thread from everything else.
                    tokio::task::consume_budget().await;
                    if matches!(self.attempt(stage, delay_ms).await?, Flow::Interrupted) {
                        return self.interrupt().await;
                    }
                }
                Step::Pause { reached, node } => {
                    // At most waiting for attempts that won't be made.
                    self.stop_branches(&mut flights, |_| true).await?;
                    self.purse.meet(reached, &node);
                }
                Step::Branches(steps) => self.step_branches(&mut flights, steps).await?,
                // What is being done in branches goes on when the run is resumed.
                Step::Fail { .. } if !flights.is_empty() => {
                    self.stop_branches(&mut flights, |_| true).await?;
                }
                Step::Finished => return Ok(self.result()),
                step => self.record_step(None, step).await?,
            }
        }
    }

    /// Makes an attempt in the main walk.
    async fn attempt(&mut self, stage: StageKey, delay_ms: u64) -> Result<Flow, Error> {
        if self.is_refused(&stage) {
            return Ok(Flow::Paused);
        }
        match self.wait(&stage.node, delay_ms).await {
            Flow::GoOn => {}
            stopped => return Ok(stopped),
        }
        let (stop, deadline) = (self.cancel.clone(), self.purse.deadline());
        let mut attempt = self.begin(stage, stop).await?;
        let flow = loop {
            let happened = tokio::select! {
                biased;
                happened = attempt.next() => happened,
                () = until(deadline) => {
                    attempt.cut_off().await;
                    self.purse.time_is_up(&attempt.stage.node);
                    break Flow::Paused;
                }
            };
            match happened {
                Happened::Report(report) => {
                    if let Some(reached) = self.report(&mut attempt, report).await? {
                        self.purse.meet(reached, &attempt.stage.node);
                        break Flow::Paused;
                    }
                }
                Happened::Met(reached) => {
                    self.purse.meet(reached, &attempt.stage.node);
                    break Flow::Paused;
                }
                Happened::Ended(outcome) => {
                    self.finish(attempt, outcome).await?;
                    return Ok(Flow::GoOn);
                }
                Happened::Stopped => break Flow::Interrupted,
            }
        };
        self.drain(&mut attempt).await?;
        Ok(flow)
    }

    /// Waits before a retry, unless the run is cancelled or its time is up meanwhile.
    async fn wait(&mut self, node: &NodeId, delay_ms: u64) -> Flow {
        if delay_ms == 0 {
            return Flow::GoOn;
        }
        let deadline = self.purse.deadline();
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Flow::Interrupted,
            () = until(deadline) => {
                self.purse.time_is_up(node);
                Flow::Paused
            }
            () = sleep(Duration::from_millis(delay_ms)) => Flow::GoOn,
        }
    }

    /// Does a step that needs no handler.
    pub(super) async fn record_step(
        &mut self,
        branch: Option<&BranchPath>,
        step: Step,
    ) -> Result<(), Error> {
        let event = match step {
            Step::Start => self.started(),
            Step::Record(event) => event,
            Step::RecordTimed(event) => {
                let took = self.elapsed_since_begin(branch, &event);
                let event = event.lasting(took);
                self.keep_status(branch, &event)?;
                event
            }
            Step::Checkpoint { node } => {
                self.save_checkpoint().await?;
                RunEvent::CheckpointSaved { node }
            }
            Step::Retry {
                stage,
                delay_ms,
                jitter,
            } => self.retrying(stage, delay_ms, jitter),
            Step::Complete => RunEvent::RunCompleted {
                artifact_count: self.run.artifact_count(),
                duration_ms: self.elapsed_ms(),
            },
            Step::Fail { error, node } => RunEvent::RunFailed {
                error,
                node,
                duration_ms: self.elapsed_ms(),
            },
            Step::Execute { .. } | Step::Branches(_) | Step::Pause { .. } | Step::Finished => {
                return Ok(());
            }
        };
        self.record(branch, event).await
    }

    /// Writes the outcome of a parallel node, whose attempt ends when its branches have.
    fn keep_status(&self, branch: Option<&BranchPath>, event: &RunEvent) -> Result<(), Error> {
        let walk = self.run.walk(branch);
        let stage = walk.and_then(|walk| walk.joining());
        let (Some(stage), Some(root)) = (stage, self.journal.root()) else {
            return Ok(());
        };
        let directory = stage_path(root, stage);
        if directory.is_dir() {
            write_status(&directory, event)?;
        }
        Ok(())
    }

    /// Records an event, with what belongs to it in git mode.
    pub(super) async fn record(
        &mut self,
        branch: Option<&BranchPath>,
        event: RunEvent,
    ) -> Result<(), Error> {
        self.before_event(branch, &event).await?;
        let entry = self.append(branch, event).await?;
        self.after_event(branch, &entry.event).await
    }

    /// Appends an event, applies it, and tells the listeners.
    pub(super) async fn append(
        &mut self,
        branch: Option<&BranchPath>,
        event: RunEvent,
    ) -> Result<Arc<JournalEntry>, Error> {
        let entry = JournalEntry::new(self.seq + 1, clock::now(), event);
        let entry = entry.in_branch(branch.cloned());
        self.journal.append(&entry).await?;
        self.run.apply_in(branch, &entry.event)?;
        self.keep_time(branch, &entry.event);
        self.seq = entry.seq;
        if let Some(observer) = &self.observer {
            observer.entry(&self.run, &entry);
        }
        tracing::debug!(run = %self.run_id, seq = entry.seq, event = entry.event.name(), "recorded");
        let entry = Arc::new(entry);
        if self.updates.receiver_count() > 0 {
            // Nobody listening any more is no error.
            let _ = self.updates.send(RunUpdate::Entry(Arc::clone(&entry)));
        }
        Ok(entry)
    }

    fn started(&self) -> RunEvent {
        let graph = self.run.graph();
        RunEvent::RunStarted {
            run_id: self.manifest.run_id.clone(),
            name: graph.name().to_owned(),
            goal: graph.attrs().goal.clone(),
            graph_hash: self.manifest.graph_hash.clone(),
            seed: self.manifest.seed,
            params: self.manifest.params.clone(),
            limits: self.manifest.limits,
        }
    }

    fn retrying(&self, stage: StageKey, delay_ms: u64, jitter: bool) -> RunEvent {
        let delay_ms = if jitter {
            with_jitter(delay_ms, clock::jitter(self.run.seed(), &stage))
        } else {
            delay_ms
        };
        let StageKey {
            node,
            index,
            attempt,
            ..
        } = stage;
        RunEvent::StageRetrying {
            node,
            index,
            attempt,
            delay_ms,
        }
    }

    pub(super) async fn save_checkpoint(&self) -> Result<(), Error> {
        let checkpoint = self.run.checkpoint(self.seq, clock::now());
        self.journal.save_checkpoint(checkpoint).await
    }

    async fn interrupt(mut self) -> Result<RunReport, Error> {
        let reason = self.why_cancelled();
        if self.seq == 0 {
            // That it was stopped is told of a run that has begun.
            let start = self.run.next();
            self.record_step(None, start).await?;
        }
        self.save_checkpoint().await?;
        self.record(None, RunEvent::RunInterrupted { reason })
            .await?;
        Ok(self.result())
    }

    fn why_cancelled(&self) -> String {
        let reason = self.why.get();
        reason.map_or("cancelled", String::as_str).to_owned()
    }

    pub(super) fn result(&self) -> RunReport {
        let (status, reason) = match self.run.ending() {
            Some(Ending::Success) => (RunStatus::Success, None),
            Some(Ending::Failure { error, .. }) => (RunStatus::Fail, Some(error.clone())),
            None => match self.run.paused() {
                Some(reached) => (RunStatus::Paused, Some(reached.to_string())),
                None => (RunStatus::Cancelled, Some(self.why_cancelled())),
            },
        };
        RunReport {
            status,
            reason,
            limit_reached: self.run.paused().copied(),
            run_id: self.run_id.to_string(),
            run_dir: self.journal.root().map(Path::to_owned),
            completed_nodes: self.run.completed_nodes().to_vec(),
            context: self.run.context().clone(),
            usage: *self.run.usage(),
            undelivered: self.steering.left(),
            duration: self.began.elapsed(),
        }
    }

    /// Notes when parallel nodes and branches begin, as long as that is of use.
    fn keep_time(&mut self, branch: Option<&BranchPath>, event: &RunEvent) {
        match event {
            RunEvent::ParallelStarted { node, .. } => {
                self.clocks
                    .insert(place(branch, Some(node)), Instant::now());
            }
            RunEvent::ParallelBranchStarted { .. } => {
                self.clocks.insert(place(branch, None), Instant::now());
            }
            RunEvent::ParallelBranchCompleted { .. } => {
                self.clocks.remove(&place(branch, None));
            }
            RunEvent::StageCompleted { node, .. } | RunEvent::StageFailed { node, .. }
                if !self.clocks.is_empty() =>
            {
                self.clocks.remove(&place(branch, Some(node)));
            }
            _ => {}
        }
    }

    /// When a parallel node, or a branch, has begun in this process.
    pub(super) fn began_at(&self, branch: Option<&BranchPath>, node: Option<&NodeId>) -> Instant {
        let clock = self.clocks.get(&place(branch, node));
        clock.copied().unwrap_or(self.began)
    }

    /// How long this process has worked on a parallel node, or on the branch.
    pub(super) fn elapsed_since_begin(&self, branch: Option<&BranchPath>, event: &RunEvent) -> u64 {
        let ends_branch = matches!(event, RunEvent::ParallelBranchCompleted { .. });
        let node = event.node().filter(|_| !ends_branch);
        milliseconds(self.began_at(branch, node).elapsed())
    }

    fn elapsed_ms(&self) -> u64 {
        milliseconds(self.began.elapsed())
    }
}

/// The name of a branch, or of a parallel node in it, among the clocks.
fn place(branch: Option<&BranchPath>, node: Option<&NodeId>) -> String {
    let parts = branch.map(BranchPath::as_str).into_iter();
    let parts = parts.chain(node.map(NodeId::as_str));
    parts.collect::<Vec<_>>().join("/")
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! The loop: ask the run for its next step, do it, append the event, apply it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Sender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::handle::{RunHandle, RunUpdate};
use super::report::{RunReport, RunStatus};
use super::{Engine, clock};
use crate::Error;
use crate::journal::{Journal, Manifest};
use crate::run::{Ending, JournalEntry, Run, RunEvent, StageKey, Step, with_jitter};

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
    pub(super) run_id: Arc<str>,
    /// Sequence number of the last entry.
    pub(super) seq: u64,
    /// What to record first if the run was resumed.
    pub(super) resumed: Option<RunEvent>,
    pub(super) cancel: CancellationToken,
    pub(super) updates: Sender<RunUpdate>,
    pub(super) began: Instant,
}

/// Whether to go on after an attempt.
pub(super) enum Flow {
    GoOn,
    Interrupted,
}

impl EngineRun {
    /// A way to watch and stop the run from elsewhere.
    pub fn handle(&self) -> RunHandle {
        RunHandle {
            run_id: Arc::clone(&self.run_id),
            run_dir: self.journal.root().map(Path::to_owned),
            cancel: self.cancel.clone(),
            updates: self.updates.downgrade(),
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
        if let Some(event) = self.resumed.take() {
            self.record(event).await?;
        }
        loop {
            if self.run.ending().is_none() && self.cancel.is_cancelled() {
                return self.interrupt().await;
            }
            match self.run.next() {
                Step::Start => self.record(self.started()).await?,
                Step::Record(event) => self.record(event).await?,
                Step::Checkpoint { node } => {
                    self.save_checkpoint().await?;
                    self.record(RunEvent::CheckpointSaved { node }).await?;
                }
                Step::Retry {
                    stage,
                    delay_ms,
                    jitter,
                } => {
                    self.record(self.retrying(stage, delay_ms, jitter)).await?;
                }
                Step::Execute { stage, delay_ms } => {
                    // Stages that never wait would keep the thread from everything else.
                    tokio::task::consume_budget().await;
                    let attempt = Attempt {
                        run: &mut self,
                        stage,
                    };
                    if matches!(attempt.execute(delay_ms).await?, Flow::Interrupted) {
                        return self.interrupt().await;
                    }
                }
                Step::Complete => {
                    let duration_ms = self.elapsed_ms();
                    self.record(RunEvent::RunCompleted { duration_ms }).await?;
                }
                Step::Fail { error, node } => {
                    let duration_ms = self.elapsed_ms();
                    self.record(RunEvent::RunFailed {
                        error,
                        node,
                        duration_ms,
                    })
                    .await?;
                }
                Step::Finished => return Ok(self.report()),
            }
        }
    }

    /// Appends an event, applies it, and tells the listeners.
    pub(super) async fn record(&mut self, event: RunEvent) -> Result<(), Error> {
        let entry = JournalEntry::new(self.seq + 1, clock::now(), event);
        self.journal.append(&entry).await?;
        self.run.apply(&entry.event)?;
        self.seq = entry.seq;
        tracing::debug!(run = %self.run_id, seq = entry.seq, event = entry.event.name(), "recorded");
        if self.updates.receiver_count() > 0 {
            // Nobody listening any more is no error.
            let _ = self.updates.send(RunUpdate::Entry(Arc::new(entry)));
        }
        Ok(())
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
            max_cost_micro_usd: self.manifest.max_cost_micro_usd,
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

    async fn save_checkpoint(&self) -> Result<(), Error> {
        let checkpoint = self.run.checkpoint(self.seq, clock::now());
        self.journal.save_checkpoint(checkpoint).await
    }

    async fn interrupt(mut self) -> Result<RunReport, Error> {
        let reason = "cancelled".to_owned();
        if self.seq > 0 {
            self.save_checkpoint().await?;
            self.record(RunEvent::RunInterrupted { reason }).await?;
        }
        Ok(self.report())
    }

    fn report(&self) -> RunReport {
        let (status, reason) = match self.run.ending() {
            Some(Ending::Success) => (RunStatus::Success, None),
            Some(Ending::Failure { error, .. }) => (RunStatus::Fail, Some(error.clone())),
            None => (RunStatus::Cancelled, Some("cancelled".to_owned())),
        };
        RunReport {
            status,
            reason,
            run_id: self.run_id.to_string(),
            run_dir: self.journal.root().map(Path::to_owned),
            completed_nodes: self.run.completed_nodes().to_vec(),
            context: self.run.context().clone(),
            usage: *self.run.usage(),
            duration: self.began.elapsed(),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        milliseconds(self.began.elapsed())
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

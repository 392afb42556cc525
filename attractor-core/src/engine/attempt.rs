//! One attempt at a node: its handler, its reports, its time limit, its end.

use std::any::Any;
use std::future::{Future, pending};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::drive::{EngineRun, Flow, milliseconds};
use super::handle::RunUpdate;
use crate::graph::Node;
use crate::handler::{Handler, ProgressReceiver, ProgressSink, StageContext, StageProgress};
use crate::journal::write_new;
use crate::run::limits::{CANCEL_GRACE_MS, EVENT_TEXT_CHARACTERS, TOOL_KILL_GRACE_MS};
use crate::run::{RunEvent, StageKey};
use crate::state::{FailureKind, Outcome, StatusFile};
use crate::text::truncate;
use crate::{Error, ErrorKind};

/// An attempt at a node of a run.
pub(super) struct Attempt<'a> {
    pub(super) run: &'a mut EngineRun,
    pub(super) stage: StageKey,
}

/// How the execution of a handler ended.
enum End {
    Outcome(Outcome),
    Cancelled,
}

type Work<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

impl Attempt<'_> {
    /// Waits, executes the handler, and records what came of it.
    pub(super) async fn execute(mut self, delay_ms: u64) -> Result<Flow, Error> {
        if !self.wait(delay_ms).await {
            return Ok(Flow::Interrupted);
        }
        let graph = Arc::clone(self.run.run.graph());
        let missing = || Error::new(ErrorKind::InvalidGraph, "a node has no handler");
        let node = graph.node(&self.stage.node).ok_or_else(missing)?;
        let registry = self.run.engine.clone();
        let (kind, handler) = registry
            .registry()
            .resolve(&graph, node)
            .ok_or_else(missing)?;
        let directory = self.run.journal.begin_stage(&self.stage).await?;
        self.begin(kind).await?;

        let began = Instant::now();
        let cancel = self.run.cancel.child_token();
        let (sink, reports) = ProgressSink::channel();
        let context = self.context(&graph, directory.clone(), cancel.clone(), sink)?;
        let limit = time_limit(node, handler.as_ref());
        let work: Work<'_> = Box::pin(guarded(handler.as_ref(), &context));
        let end = self.drive(work, reports, &cancel, limit).await;
        // What the handler was given shares the run's state; without it, changes need no copy.
        drop(context);
        match end? {
            End::Cancelled => Ok(Flow::Interrupted),
            End::Outcome(outcome) => self.finish(outcome, directory, began.elapsed()).await,
        }
    }

    /// Waits before a retry; `false` if the run was cancelled meanwhile.
    async fn wait(&self, delay_ms: u64) -> bool {
        if delay_ms == 0 {
            return true;
        }
        tokio::select! {
            biased;
            () = self.run.cancel.cancelled() => false,
            () = sleep(Duration::from_millis(delay_ms)) => true,
        }
    }

    async fn begin(&mut self, kind: &str) -> Result<(), Error> {
        let StageKey {
            node,
            index,
            visit,
            attempt,
            ..
        } = self.stage.clone();
        let handler = kind.to_owned();
        self.run
            .record(RunEvent::StageStarted {
                node,
                index,
                visit,
                attempt,
                handler,
            })
            .await
    }

    fn context(
        &self,
        graph: &Arc<crate::Graph>,
        directory: Option<PathBuf>,
        cancel: CancellationToken,
        sink: ProgressSink,
    ) -> Result<StageContext, Error> {
        let run = &self.run.run;
        let (previous, edge) = run.arrival();
        let context = StageContext::new(Arc::clone(graph), &self.stage.node)?
            .with_context(run.context().clone())
            .with_history(run.history().clone())
            .with_run_id(Arc::clone(&self.run.run_id))
            .with_workdir(Arc::clone(&self.run.workdir))
            .with_attempt(self.stage.visit, self.stage.attempt, self.stage.execution)
            .with_arrival(previous.cloned(), edge)
            .with_resumed(run.is_resumed())
            .with_remaining_cost(run.remaining_cost_micro_usd())
            .with_cancel(cancel)
            .with_progress(sink);
        Ok(match (self.run.journal.root(), directory) {
            (Some(root), Some(directory)) => context.with_directories(root, directory),
            _ => context,
        })
    }

    /// Polls the handler and records its reports until it ends, its time is up, the run is
    /// cancelled, or its models have cost too much.
    async fn drive(
        &mut self,
        mut work: Work<'_>,
        mut reports: ProgressReceiver,
        cancel: &CancellationToken,
        limit: Option<Duration>,
    ) -> Result<End, Error> {
        let stopped = self.run.cancel.clone();
        let deadline = limit.map(|limit| Instant::now() + limit);
        let end = loop {
            tokio::select! {
                biased;
                () = stopped.cancelled() => {
                    self.wind_up(&mut work, CANCEL_GRACE_MS).await;
                    break End::Cancelled;
                }
                () = until(deadline) => {
                    cancel.cancel();
                    self.wind_up(&mut work, CANCEL_GRACE_MS).await;
                    break End::Outcome(timed_out(limit.unwrap_or_default()));
                }
                report = reports.recv() => {
                    self.report(report).await?;
                    if let Some(error) = self.run.run.budget_error() {
                        cancel.cancel();
                        self.wind_up(&mut work, CANCEL_GRACE_MS).await;
                        let outcome = Outcome::fail(error);
                        break End::Outcome(outcome.with_failure_kind(FailureKind::Pipeline));
                    }
                }
                outcome = &mut work => break End::Outcome(outcome),
            }
        };
        while let Some(report) = reports.try_recv() {
            self.report(report).await?;
        }
        Ok(end)
    }

    /// Gives a handler that was told to stop a moment to let go of what it holds.
    async fn wind_up(&self, work: &mut Work<'_>, grace_ms: u64) {
        // Whatever it says now doesn't count any more.
        let _ = timeout(Duration::from_millis(grace_ms), work).await;
    }

    async fn report(&mut self, report: StageProgress) -> Result<(), Error> {
        let node = self.stage.node.clone();
        if report.is_live_only() {
            if self.run.updates.receiver_count() > 0 {
                // Nobody listening any more is no error.
                let _ = self.run.updates.send(RunUpdate::Live {
                    node,
                    progress: Arc::new(report),
                });
            }
            return Ok(());
        }
        let progress = shorten(report);
        self.run.record(RunEvent::Progress { node, progress }).await
    }

    async fn finish(
        self,
        outcome: Outcome,
        directory: Option<PathBuf>,
        took: Duration,
    ) -> Result<Flow, Error> {
        let event = self.run.run.judge(outcome, milliseconds(took));
        if let Some(directory) = directory
            && let RunEvent::StageCompleted { outcome, .. } | RunEvent::StageFailed { outcome, .. } =
                &event
        {
            let status = StatusFile::from(outcome).render();
            write_new(&directory.join("status.json"), status.as_bytes())?;
        }
        self.run.record(event).await?;
        Ok(Flow::GoOn)
    }
}

/// The handler's outcome, whatever happens in it.
async fn guarded(handler: &dyn Handler, context: &StageContext) -> Outcome {
    match AssertUnwindSafe(handler.execute(context))
        .catch_unwind()
        .await
    {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::from_error(&error),
        Err(panic) => Outcome::fail(format!("the handler panicked: {}", panic_text(&*panic))),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// How long the engine lets a node be executed. A handler that enforces the node's limit itself
/// gets the time it needs for that on top.
fn time_limit(node: &Node, handler: &dyn Handler) -> Option<Duration> {
    let grace = Duration::from_millis(TOOL_KILL_GRACE_MS + CANCEL_GRACE_MS);
    let extra = if handler.enforces_timeout() {
        grace
    } else {
        Duration::ZERO
    };
    node.timeout.map(|timeout| timeout + extra)
}

fn timed_out(limit: Duration) -> Outcome {
    Outcome::fail(format!("timed out after {} ms", limit.as_millis()))
        .with_failure_kind(FailureKind::Retryable)
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Cuts texts that would make a journal line unreadable.
fn shorten(report: StageProgress) -> StageProgress {
    match report {
        StageProgress::Text { text } => StageProgress::Text {
            text: truncate(&text, EVENT_TEXT_CHARACTERS).into_owned(),
        },
        StageProgress::Warning { message } => StageProgress::Warning {
            message: truncate(&message, EVENT_TEXT_CHARACTERS).into_owned(),
        },
        other => other,
    }
}

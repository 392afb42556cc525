//! One attempt at a node: its handler, its reports, its time limit, its end.

use std::any::Any;
use std::future::{Future, pending};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::drive::{EngineRun, milliseconds};
use super::handle::RunUpdate;
use crate::graph::Node;
use crate::handler::{Handler, ProgressReceiver, ProgressSink, StageContext, StageProgress};
use crate::journal::write_new;
use crate::run::limits::{CANCEL_GRACE_MS, EVENT_TEXT_CHARACTERS, TOOL_KILL_GRACE_MS};
use crate::run::{LimitReached, RunEvent, StageKey, Walk};
use crate::state::{FailureKind, Outcome, StatusFile};
use crate::text::truncate;
use crate::{Error, ErrorKind};

/// An attempt that has begun. Nothing happens in it unless [`next`](Self::next) is polled, and
/// dropping it stops it.
pub(super) struct Attempt {
    pub(super) stage: StageKey,
    directory: Option<PathBuf>,
    began: Instant,
    limit: Option<Duration>,
    /// How long the handler may take to wind up.
    grace: Duration,
    /// Cancelled by the engine when the attempt is to be stopped.
    stop: CancellationToken,
    /// What the handler sees of it.
    cancel: CancellationToken,
    reports: ProgressReceiver,
    work: Work,
}

/// What happens in an attempt.
pub(super) enum Happened {
    Report(StageProgress),
    Ended(Outcome),
    /// A limit of the run's budget stands against going on.
    Met(LimitReached),
    Stopped,
}

type Work = Pin<Box<dyn Future<Output = Result<Outcome, LimitReached>> + Send>>;

impl Attempt {
    /// The next thing that happens.
    pub(super) async fn next(&mut self) -> Happened {
        let deadline = self.limit.map(|limit| self.began + limit);
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {
                wind_up(&mut self.work, self.grace).await;
                Happened::Stopped
            }
            () = until(deadline) => {
                self.cut_off().await;
                Happened::Ended(timed_out(self.limit.unwrap_or_default()))
            }
            report = self.reports.recv() => Happened::Report(report),
            ended = &mut self.work => match ended {
                Ok(outcome) => Happened::Ended(outcome),
                Err(reached) => Happened::Met(reached),
            },
        }
    }

    /// Stops the handler.
    pub(super) async fn cut_off(&mut self) {
        self.cancel.cancel();
        wind_up(&mut self.work, self.grace).await;
    }
}

impl EngineRun {
    /// Begins an attempt, which ends early when `stop` is cancelled.
    pub(super) async fn begin(
        &mut self,
        stage: StageKey,
        stop: CancellationToken,
    ) -> Result<Attempt, Error> {
        let graph = Arc::clone(self.run.graph());
        let missing = || Error::new(ErrorKind::InvalidGraph, "a node has no handler");
        let node = graph.node(&stage.node).ok_or_else(missing)?;
        let registry = self.engine.clone();
        let (kind, handler) = registry
            .registry()
            .resolve(&graph, node)
            .ok_or_else(missing)?;
        let directory = match handler.keeps_files() {
            true => self.journal.begin_stage(&stage).await?,
            false => None,
        };
        let steps = self.run.steps();
        let started = RunEvent::StageStarted {
            node: stage.node.clone(),
            index: stage.index,
            visit: stage.visit,
            attempt: stage.attempt,
            handler: kind.to_owned(),
        };
        self.record(stage.branch_path(), started).await?;
        self.purse.count_steps(steps, self.run.steps());

        let cancel = stop.child_token();
        let (sink, reports) = self.purse.channel();
        let context = self.context(&graph, &stage, directory.clone(), cancel.clone(), sink)?;
        let limit = time_limit(node, handler.as_ref());
        let handler = Arc::clone(handler);
        Ok(Attempt {
            stage,
            directory,
            began: Instant::now(),
            limit,
            grace: self.children.grace(),
            stop,
            cancel,
            reports,
            work: Box::pin(async move { guarded(handler.as_ref(), &context).await }),
        })
    }

    fn context(
        &self,
        graph: &Arc<crate::Graph>,
        stage: &StageKey,
        directory: Option<PathBuf>,
        cancel: CancellationToken,
        sink: ProgressSink,
    ) -> Result<StageContext, Error> {
        let walk = self.walk_of(stage)?;
        let (previous, edge) = walk.arrival();
        let context = StageContext::new(Arc::clone(graph), &stage.node)?
            .with_context(walk.context().clone())
            .with_history(walk.history().clone())
            .with_run_id(Arc::clone(&self.run_id))
            .with_workdir(self.workdir_of(stage))
            .with_attempt(stage.visit, stage.attempt, stage.execution)
            .with_branch(stage.branch.clone())
            .with_arrival(previous.cloned(), edge)
            .with_resumed(walk.is_resumed())
            .with_budget(self.purse.budget.clone())
            .with_cancel(cancel)
            .with_progress(sink)
            .with_children(
                self.children.clone(),
                walk.child().cloned(),
                walk.continues(),
            )
            .with_within(self.within.clone())
            .with_steering(Arc::clone(&self.steering));
        Ok(match (self.journal.root(), directory) {
            (Some(root), Some(directory)) => context.with_directories(root, directory),
            _ => context,
        })
    }

    fn walk_of(&self, stage: &StageKey) -> Result<Walk<'_>, Error> {
        let gone = || Error::new(ErrorKind::Damaged, "a stage's branch isn't being executed");
        self.run.walk(stage.branch_path()).ok_or_else(gone)
    }

    /// Records a report. If it shows that a model or a tool was called for which nothing was left,
    /// this is the attempt's end.
    pub(super) async fn report(
        &mut self,
        attempt: &mut Attempt,
        report: StageProgress,
    ) -> Result<Option<LimitReached>, Error> {
        self.record_report(&attempt.stage, report).await?;
        let overrun = attempt.reports.overrun();
        if overrun.is_some() {
            attempt.cut_off().await;
        }
        Ok(overrun)
    }

    async fn record_report(
        &mut self,
        stage: &StageKey,
        report: StageProgress,
    ) -> Result<(), Error> {
        let node = stage.node.clone();
        let branch = stage.branch_path();
        if report.is_live_only() {
            if let Some(observer) = &self.observer {
                observer.live(branch, &node, &report);
            }
            if self.updates.receiver_count() > 0 {
                // Nobody listening any more is no error.
                let _ = self.updates.send(RunUpdate::Live {
                    branch: branch.cloned(),
                    node,
                    progress: Arc::new(report),
                });
            }
            return Ok(());
        }
        let progress = shorten(report);
        let event = RunEvent::Progress { node, progress };
        self.record(branch, event).await
    }

    /// Records what an attempt has reported before it ended.
    pub(super) async fn drain(&mut self, attempt: &mut Attempt) -> Result<(), Error> {
        while let Some(report) = attempt.reports.try_recv() {
            self.record_report(&attempt.stage, report).await?;
        }
        Ok(())
    }

    /// Records how an attempt has ended.
    pub(super) async fn finish(
        &mut self,
        mut attempt: Attempt,
        mut outcome: Outcome,
    ) -> Result<(), Error> {
        self.drain(&mut attempt).await?;
        self.put_aside(&attempt.stage, &mut outcome).await?;
        let Attempt {
            stage,
            directory,
            began,
            work,
            ..
        } = attempt;
        // What the handler was given shares the run's state; without it, changes need no copy.
        drop(work);
        let outcome = match self.join_files(&stage, outcome).await {
            // The attempt hasn't ended, then; the run is about to stop.
            Err(error) if self.cancel.is_cancelled() && error.kind() == ErrorKind::Cancelled => {
                return Ok(());
            }
            joined => joined?,
        };
        let event = self
            .walk_of(&stage)?
            .judge(outcome, milliseconds(began.elapsed()));
        if let Some(directory) = directory {
            write_status(&directory, &event)?;
        }
        self.record(stage.branch_path(), event).await
    }
}

/// Writes the outcome of an attempt, if the event is its end.
pub(super) fn write_status(directory: &std::path::Path, event: &RunEvent) -> Result<(), Error> {
    let (RunEvent::StageCompleted { outcome, .. } | RunEvent::StageFailed { outcome, .. }) = event
    else {
        return Ok(());
    };
    let status = StatusFile::from(outcome).render();
    write_new(&directory.join("status.json"), status.as_bytes())
}

/// Gives a handler that was told to stop a moment to let go of what it holds.
async fn wind_up(work: &mut Work, grace: Duration) {
    // Whatever it says now doesn't count any more.
    let _ = timeout(grace, work).await;
}

/// The handler's outcome, whatever happens in it, or the limit that it has met.
async fn guarded(handler: &dyn Handler, context: &StageContext) -> Result<Outcome, LimitReached> {
    match AssertUnwindSafe(handler.execute(context))
        .catch_unwind()
        .await
    {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error)) => match LimitReached::of(&error) {
            Some(reached) if error.kind() == ErrorKind::LimitReached => Err(reached),
            _ => Ok(Outcome::from_error(&error)),
        },
        Err(panic) => Ok(Outcome::fail(format!(
            "the handler panicked: {}",
            panic_text(&*panic)
        ))),
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

pub(super) async fn until(deadline: Option<Instant>) {
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
        StageProgress::Steered { message } => StageProgress::Steered {
            message: truncate(&message, EVENT_TEXT_CHARACTERS).into_owned(),
        },
        other => other,
    }
}

//! What happens in a child run, passed on to the stage that executes it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Telemetry;
use crate::graph::NodeId;
use crate::handler::{ChildUpdate, ProgressSink, StageProgress};
use crate::run::{BranchPath, JournalEntry, Run, RunEvent};

/// Sees every entry of a child run right after it was applied; nothing is ever missed.
#[derive(Debug)]
pub(in crate::engine) struct Observer {
    run_id: String,
    progress: ProgressSink,
    telemetry: Mutex<Telemetry>,
    begun: Notify,
    changed: Notify,
}

impl Observer {
    /// Of a run that has come this far.
    pub(super) fn new(progress: ProgressSink, telemetry: Telemetry) -> Self {
        Self {
            run_id: telemetry.run_id.clone(),
            progress,
            telemetry: Mutex::new(telemetry),
            begun: Notify::new(),
            changed: Notify::new(),
        }
    }

    /// An entry was appended and applied.
    pub(in crate::engine) fn entry(&self, run: &Run, entry: &JournalEntry) {
        let mut telemetry = self.lock();
        telemetry.add(entry);
        let is_step = matches!(
            entry.event,
            RunEvent::RunStarted { .. }
                | RunEvent::StageCompleted { .. }
                | RunEvent::StageFailed { .. }
        );
        if is_step {
            telemetry.context = run.context().clone();
        }
        let works = !telemetry.current.is_empty();
        drop(telemetry);
        if let RunEvent::Progress { progress, .. } = &entry.event
            && is_interview(progress)
        {
            self.progress.send(progress.clone());
        }
        self.pass_on(ChildUpdate::Entry(entry.clone()));
        if works {
            self.begun.notify_one();
        }
        if is_step {
            self.changed.notify_one();
        }
    }

    /// A stage reported something that isn't journaled.
    pub(in crate::engine) fn live(
        &self,
        branch: Option<&BranchPath>,
        node: &NodeId,
        progress: &StageProgress,
    ) {
        self.pass_on(ChildUpdate::Live {
            branch: branch.cloned(),
            node: node.clone(),
            progress: progress.clone(),
        });
    }

    pub(super) fn telemetry(&self) -> Telemetry {
        self.lock().clone()
    }

    /// Waits until a stage that does work has begun, since the last call.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Waits until a stage of the run has ended.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn pass_on(&self, update: ChildUpdate) {
        self.progress.send(StageProgress::Child {
            run_id: self.run_id.clone(),
            update: Box::new(update),
        });
    }

    fn lock(&self) -> MutexGuard<'_, Telemetry> {
        // No code that holds the lock can panic between two changes that belong together.
        self.telemetry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a report is about a question, which the parent's people are asked.
fn is_interview(progress: &StageProgress) -> bool {
    matches!(
        progress,
        StageProgress::InterviewStarted { .. }
            | StageProgress::InterviewCompleted { .. }
            | StageProgress::InterviewTimeout { .. }
    )
}

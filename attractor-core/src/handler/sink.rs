//! The way that reports take from a stage to the engine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Budget, StageProgress};
use crate::run::limits::PROGRESS_QUEUE;
use crate::run::{Limit, LimitReached, UsageTotals};

/// The way from a stage to the engine: cheap to clone, keeps order, never blocks.
///
/// ```
/// use attractor_core::{ProgressSink, StageProgress};
///
/// let (sink, mut reports) = ProgressSink::channel();
/// sink.send(StageProgress::Warning { message: "no tests found".to_owned() });
/// assert!(reports.try_recv().is_some());
/// assert!(reports.try_recv().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct ProgressSink(Option<Arc<Shared>>);

/// The end of a [`ProgressSink`] at which reports come out.
#[derive(Debug)]
pub struct ProgressReceiver(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Notify,
    /// What the reports are charged to, at once.
    budget: Budget,
    /// Where the run's own use of money and tools is told, if it's a child of another run.
    above: Option<ProgressSink>,
}

#[derive(Debug, Default)]
struct Queue {
    reports: VecDeque<StageProgress>,
    dropped: u64,
    /// Requests that were allowed and aren't answered yet.
    open_requests: u64,
    /// A limit that stood against something which was begun all the same.
    overrun: Option<LimitReached>,
}

impl ProgressSink {
    /// A sink and the receiver it leads to.
    pub fn channel() -> (Self, ProgressReceiver) {
        let shared = Arc::new(Shared::default());
        (Self(Some(Arc::clone(&shared))), ProgressReceiver(shared))
    }

    /// The same, for a stage whose reports count against a budget, that of
    /// [`StageContext::budget`](super::StageContext::budget).
    pub fn charging(budget: Budget) -> (Self, ProgressReceiver) {
        Self::charging_above(budget, None)
    }

    /// The same for a run that is a part of another one.
    pub(crate) fn charging_above(budget: Budget, above: Option<Self>) -> (Self, ProgressReceiver) {
        let shared = Arc::new(Shared {
            budget,
            above,
            ..Shared::default()
        });
        (Self(Some(Arc::clone(&shared))), ProgressReceiver(shared))
    }

    /// A sink that leads nowhere.
    pub fn discard() -> Self {
        Self(None)
    }

    /// Reports something. What it says was used counts against the run's budget at once.
    ///
    /// A stage that reports tens of thousands of times without ever yielding loses what is beyond
    /// the queue's limit; a warning in the journal then says how much.
    pub fn send(&self, report: StageProgress) {
        let Some(shared) = &self.0 else { return };
        shared.charge(&report);
        let mut queue = shared.lock();
        if queue.reports.len() >= PROGRESS_QUEUE {
            queue.dropped += 1;
            return;
        }
        queue.reports.push_back(report);
        drop(queue);
        shared.ready.notify_one();
    }
}

impl ProgressReceiver {
    /// The next report, if there is one already.
    pub fn try_recv(&mut self) -> Option<StageProgress> {
        let mut queue = self.0.lock();
        if let Some(report) = queue.reports.pop_front() {
            return Some(report);
        }
        let dropped = std::mem::take(&mut queue.dropped);
        (dropped > 0).then(|| StageProgress::Warning {
            message: format!("{dropped} progress reports were dropped: the stage never yielded"),
        })
    }

    /// The limit that was reached when a model or a tool was called all the same.
    pub(crate) fn overrun(&self) -> Option<LimitReached> {
        self.0.lock().overrun
    }

    /// The next report, waiting for it. Never ends by itself; dropping the future loses nothing.
    pub async fn recv(&mut self) -> StageProgress {
        loop {
            let ready = Arc::clone(&self.0);
            let notified = ready.ready.notified();
            if let Some(report) = self.try_recv() {
                return report;
            }
            notified.await;
        }
    }
}

impl Shared {
    /// Counts what a report says was used; notes if there was nothing left for it.
    fn charge(&self, report: &StageProgress) {
        let mut queue = self.lock();
        let open = queue.open_requests;
        let (limits, open) = match report {
            StageProgress::ModelRequestStarted { .. } => (Limit::OF_MODEL_CALLS, open + 1),
            // Without a report of its begin, its end shows that a model was called.
            StageProgress::ModelResponse { .. } if open == 0 => (Limit::OF_MODEL_CALLS, 0),
            StageProgress::ModelResponse { .. } => ([].as_slice(), open - 1),
            StageProgress::ToolCallStarted { .. } => (Limit::OF_TOOL_CALLS, open),
            _ => ([].as_slice(), open),
        };
        queue.open_requests = open;
        if let Err(reached) = self.budget.check(limits) {
            queue.overrun.get_or_insert(reached);
        }
        drop(queue);
        let Some(usage) = UsageTotals::of(report) else {
            return;
        };
        self.budget.charge(&usage);
        if let Some(above) = &self.above {
            above.send(StageProgress::ChildUsage { usage });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code that holds the lock can panic between two changes that belong together.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reports_keep_their_order_and_overflow_is_counted() {
        let (sink, mut reports) = ProgressSink::channel();
        for number in 0..PROGRESS_QUEUE + 3 {
            sink.send(StageProgress::Text {
                text: number.to_string(),
            });
        }
        for number in 0..PROGRESS_QUEUE {
            assert_eq!(
                reports.recv().await,
                StageProgress::Text {
                    text: number.to_string()
                }
            );
        }
        let StageProgress::Warning { message } = reports.recv().await else {
            panic!("no warning")
        };
        assert!(message.starts_with("3 progress reports"), "{message}");
        assert_eq!(reports.try_recv(), None);
    }
}

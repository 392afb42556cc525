//! The run's budget on its way through the engine: when a limit stands against going on.

use std::time::Duration;

use tokio::time::Instant;

use super::drive::EngineRun;
use super::options::Within;
use super::report::RunReport;
use crate::Error;
use crate::graph::NodeId;
use crate::handler::{Budget, ProgressReceiver, ProgressSink, StageProgress};
use crate::run::{BudgetLimits, Limit, LimitReached, Run, RunEvent, StageKey, UsageTotals};

/// The budget of a run and where its use is told, if the run is a part of another one.
#[derive(Debug, Default)]
pub(super) struct Purse {
    pub(super) budget: Budget,
    above: Option<ProgressSink>,
    /// How long earlier processes have executed the run.
    before: Duration,
    /// A limit that a stage has met, and the stage's node: nothing more is begun.
    pub(super) met: Option<(LimitReached, NodeId)>,
}

impl Purse {
    pub(super) fn new(limits: BudgetLimits, within: Option<Within>) -> Self {
        let (budget, above) = match within {
            Some(within) => (Some(within.budget), Some(within.progress)),
            None => (None, None),
        };
        Self {
            budget: Budget::child(budget, limits),
            above,
            ..Self::default()
        }
    }

    /// The same after earlier processes have executed the run for a while.
    pub(super) fn after(mut self, before: Duration) -> Self {
        self.before = before;
        self
    }

    /// Starts the clock.
    pub(super) fn begin(&self, run: &Run) {
        self.budget.begin(*run.usage(), run.steps(), self.before);
    }

    /// A way for a stage's reports on which what they say was used is charged.
    pub(super) fn channel(&self) -> (ProgressSink, ProgressReceiver) {
        ProgressSink::charging_above(self.budget.clone(), self.above.clone())
    }

    /// Counts the stages that the run has begun by now.
    pub(super) fn count_steps(&self, before: u64, now: u64) {
        self.budget.set_steps(now);
        if let Some(above) = self.above.as_ref().filter(|_| now > before) {
            let usage = UsageTotals {
                child_stages: now - before,
                ..UsageTotals::default()
            };
            above.send(StageProgress::ChildUsage { usage });
        }
    }

    /// When the run's time is up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.budget.deadline()
    }

    /// Notes that the run's time is up.
    pub(super) fn time_is_up(&mut self, node: &NodeId) {
        if let Err(reached) = self.budget.check(&[Limit::MaxDuration]) {
            self.meet(reached, node);
        }
    }

    /// Notes a limit that a stage has met.
    pub(super) fn meet(&mut self, reached: LimitReached, node: &NodeId) {
        self.met.get_or_insert_with(|| (reached, node.clone()));
    }
}

impl EngineRun {
    /// Whether a limit, that of time and those of runs above included, stands against an attempt.
    /// If so, it's noted.
    pub(super) fn is_refused(&mut self, stage: &StageKey) -> bool {
        if self.purse.met.is_some() {
            return true;
        }
        let begun = self.run.has_begun(stage);
        let limits = self.run.limits_of(&stage.node, begun);
        if let Err(reached) = self.purse.budget.check(limits) {
            self.purse.meet(reached, &stage.node);
        }
        self.purse.met.is_some()
    }

    /// Ends the execution at a limit, so that it can be resumed.
    pub(super) async fn pause(
        mut self,
        reached: LimitReached,
        node: NodeId,
    ) -> Result<RunReport, Error> {
        self.record(None, RunEvent::RunPaused { reached, node })
            .await?;
        self.save_checkpoint().await?;
        Ok(self.result())
    }
}

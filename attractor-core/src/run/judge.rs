//! What an outcome means for its stage: done, failed, or failed and to be tried again; pure.

use crate::state::{FailureKind, Outcome, StageStatus};

use super::Walk;
use super::event::RunEvent;
use super::failure::kind;
use super::parallel::PARALLEL;
use super::settings::retry_policy;
use super::state::Phase;
use super::step::StageKey;

impl Walk<'_> {
    /// The event that records the outcome of the attempt that has begun.
    ///
    /// Failures and requests to retry are retried while attempts remain, except failures that
    /// trying again can't help. A request to retry that can't be granted becomes a partial
    /// success where the node allows it, else a failure.
    ///
    /// Without an attempt that has begun there is nothing to judge; the event then names the
    /// stage that would come next and [`apply`](super::Run::apply) refuses it.
    ///
    /// Source: attractor-spec 3.5.
    pub fn judge(&self, outcome: Outcome, duration_ms: u64) -> RunEvent {
        let stage = match &self.walk.phase {
            Phase::Executing(stage) | Phase::Retrying(stage) => stage.clone(),
            Phase::Ready { stage, .. } | Phase::Joining { stage, .. } => stage.clone(),
            Phase::Parallel(block) => block.stage.clone(),
            Phase::Arriving(node)
            | Phase::Joined(node)
            | Phase::Restarting(node)
            | Phase::Leaving { node, .. }
            | Phase::TurnedBack { from: node, .. } => self.next_visit(node),
            Phase::New | Phase::Ended { .. } => {
                return RunEvent::RunInterrupted {
                    reason: "nothing is being executed".to_owned(),
                };
            }
        };
        if outcome.status.is_success() && kind(&self.run.graph, &stage.node) == Some(PARALLEL) {
            return self.fan_out(&stage, outcome, duration_ms);
        }
        self.judge_attempt(&stage, outcome, duration_ms)
    }

    /// The event that records how an attempt ended.
    pub(super) fn judge_attempt(
        &self,
        stage: &StageKey,
        outcome: Outcome,
        duration_ms: u64,
    ) -> RunEvent {
        let failed = matches!(outcome.status, StageStatus::Fail | StageStatus::Retry);
        if failed && self.may_retry(stage, &outcome) {
            return stage_failed(stage, outcome, true, duration_ms);
        }
        let outcome = self.settle(stage, outcome);
        if outcome.status == StageStatus::Fail {
            return stage_failed(stage, outcome, false, duration_ms);
        }
        RunEvent::StageCompleted {
            node: stage.node.clone(),
            index: stage.index,
            attempt: stage.attempt,
            outcome,
            duration_ms,
        }
    }

    fn may_retry(&self, stage: &StageKey, outcome: &Outcome) -> bool {
        let hopeless = matches!(
            outcome.failure_kind,
            Some(FailureKind::Terminal | FailureKind::Pipeline)
        );
        let node = self.run.graph.node(&stage.node);
        let attempts = node.map_or(1, |node| retry_policy(&self.run.graph, node).max_attempts);
        !hopeless && stage.attempt < attempts
    }

    /// What a request to retry becomes once no attempt is left.
    fn settle(&self, stage: &StageKey, mut outcome: Outcome) -> Outcome {
        if outcome.status != StageStatus::Retry {
            return outcome;
        }
        if self
            .run
            .graph
            .node(&stage.node)
            .is_some_and(|node| node.allow_partial)
        {
            outcome.status = StageStatus::PartialSuccess;
            outcome.notes = "retries exhausted, partial accepted".to_owned();
            return outcome;
        }
        let reason = outcome
            .failure_reason
            .take()
            .unwrap_or_else(|| "no reason given".to_owned());
        outcome.status = StageStatus::Fail;
        outcome.with_failure_reason(format!("max retries exceeded: {reason}"))
    }
}

fn stage_failed(
    stage: &StageKey,
    outcome: Outcome,
    will_retry: bool,
    duration_ms: u64,
) -> RunEvent {
    let error = outcome
        .failure_reason
        .clone()
        .unwrap_or_else(|| "no reason given".to_owned());
    RunEvent::StageFailed {
        node: stage.node.clone(),
        index: stage.index,
        attempt: stage.attempt,
        outcome,
        error,
        will_retry,
        duration_ms,
    }
}

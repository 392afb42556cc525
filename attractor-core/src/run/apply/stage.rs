//! Attempts at nodes.

use crate::handler::StageProgress;
use crate::run::child::ChildState;
use crate::run::event::RunEvent;
use crate::run::failure::{is_conditional, kind};
use crate::run::parallel::{PARALLEL, fan_ins, leaves_branch};
use crate::run::session::asks_model;
use crate::run::state::Phase;
use crate::run::step::StageKey;
use crate::run::walk::next_visit;
use crate::state::{Outcome, StageStatus};
use crate::{Error, NodeId};

use super::Change;

impl Change<'_> {
    pub(super) fn begin(
        &mut self,
        event: &RunEvent,
        node: &NodeId,
        visit: u32,
        attempt: u32,
    ) -> Result<Phase, Error> {
        let (stage, again) = match &self.walk.phase {
            Phase::Arriving(at) | Phase::Joined(at) => {
                let (steps, visits) = (self.shared.steps, &self.shared.visits);
                (next_visit(steps, visits, self.walk, at), false)
            }
            Phase::Ready { stage, again, .. } => (stage.clone(), *again),
            _ => return Err(self.refuse(event)),
        };
        if (&stage.node, stage.visit, stage.attempt) != (node, visit, attempt) {
            return Err(self.refuse(event));
        }
        let walk = &mut self.walk;
        if !again {
            walk.child = walk.child.take().filter(|_| walk.continues);
            if let Some(child) = &mut walk.child {
                child.cycle = 0;
                child.begun = false;
            }
            walk.executions.insert(node.clone(), stage.execution);
            if attempt == 1 {
                self.shared.steps += 1;
                *self.shared.visits.entry(node.clone()).or_insert(0) += 1;
                if let Some(base) = &mut walk.branch {
                    base.visits.insert(node.clone(), stage.visit);
                }
            }
        }
        walk.context.set("current_node", node.as_str());
        Ok(Phase::Executing(stage))
    }

    pub(super) fn progress(
        &mut self,
        event: &RunEvent,
        progress: &StageProgress,
    ) -> Result<(), Error> {
        let Phase::Executing(stage) = &self.walk.phase else {
            return Err(self.refuse(event));
        };
        let node = stage.node.clone();
        self.shared.usage.count(progress);
        match progress {
            StageProgress::ChildStarted { run_id, .. } => {
                let known = self.walk.child.take();
                let known = known.filter(|child| child.run_id == *run_id);
                let mut child = known.unwrap_or_else(|| ChildState::new(run_id));
                child.begun = true;
                self.walk.child = Some(child);
            }
            StageProgress::ChildUsage { usage } => {
                if let Some(child) = &mut self.walk.child {
                    child.usage.add(usage);
                }
            }
            StageProgress::ManagerCycle { cycle, .. } => {
                if let Some(child) = &mut self.walk.child {
                    child.cycle = *cycle;
                }
            }
            StageProgress::InterviewStarted { question } => {
                self.walk.pending_question = Some(question.clone());
            }
            StageProgress::InterviewCompleted { .. } | StageProgress::InterviewTimeout { .. } => {
                self.walk.pending_question = None;
            }
            StageProgress::ToolCallCompleted {
                tool,
                is_error,
                summary,
                ..
            } => {
                let how = if *is_error { "failed" } else { "ok" };
                self.walk
                    .context
                    .append_log(format!("{node}: {tool} {how}: {summary}"));
            }
            StageProgress::ArtifactStored { info, .. } => {
                self.shared.artifacts.insert(info.id.clone());
            }
            StageProgress::ArtifactRemoved { id } => {
                self.shared.artifacts.remove(id);
            }
            StageProgress::ToolHookCompleted {
                hook,
                tool,
                error: Some(error),
                ..
            } => {
                let hook = hook.as_str();
                self.walk
                    .context
                    .append_log(format!("{node}: {hook}-hook of {tool} failed: {error}"));
            }
            StageProgress::Warning { message } => {
                self.walk
                    .context
                    .append_log(format!("{node}: warning: {message}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn executing(&self, event: &RunEvent, node: &NodeId) -> Result<StageKey, Error> {
        match &self.walk.phase {
            Phase::Executing(stage) | Phase::Joining { stage, .. } if stage.node == *node => {
                Ok(stage.clone())
            }
            _ => Err(self.refuse(event)),
        }
    }

    pub(super) fn end_stage(
        &mut self,
        event: &RunEvent,
        node: &NodeId,
        outcome: &Outcome,
    ) -> Result<Phase, Error> {
        self.executing(event, node)?;
        let state = &mut self.walk;
        state.context.apply_updates(&outcome.context_updates);
        if let Some(base) = &mut state.branch {
            let updates = outcome.context_updates.iter();
            let leaving = updates.filter(|(key, _)| leaves_branch(key));
            let copied = leaving.map(|(key, value)| (key.clone(), value.clone()));
            base.updates.extend(copied);
        }
        if state.retries.remove(node).is_some() {
            state.context.remove(&retry_key(node));
        }
        if !outcome.notes.is_empty() {
            state
                .context
                .append_log(format!("{node}: {}", outcome.notes));
        }
        let kept = Outcome {
            context_updates: Default::default(),
            ..outcome.clone()
        };
        let recorded = (outcome.status != StageStatus::Skipped).then(|| kept.clone());
        state.history.push(node.clone(), recorded);
        self.shared.last_completed = Some(node.clone());
        self.shared.completed += 1;
        state.pending_question = None;
        state.continues = false;
        self.session_used(node);
        if outcome.status == StageStatus::Skipped && kind(self.graph, node) == Some(PARALLEL) {
            self.walk.onward = fan_ins(self.graph, node).into_iter().next();
        }
        let transparent =
            outcome.status == StageStatus::Success && is_conditional(self.graph, node);
        if outcome.status == StageStatus::Skipped || transparent {
            let before = self.walk.last_work.clone().filter(|_| transparent);
            return Ok(Phase::Leaving {
                node: node.clone(),
                outcome: before.unwrap_or(kept),
                transparent,
            });
        }
        self.record_work(node, &kept);
        Ok(Phase::Leaving {
            node: node.clone(),
            outcome: kept,
            transparent,
        })
    }

    /// Makes an outcome the one that later conditional nodes and conditions on the context see.
    fn record_work(&mut self, node: &NodeId, outcome: &Outcome) {
        let ends = [self.graph.start(), self.graph.exit()];
        let is_end = ends.into_iter().flatten().any(|end| end.id() == node);
        let state = &mut self.walk;
        state.context.set("outcome", outcome.word());
        if let Some(label) = outcome
            .preferred_label
            .as_deref()
            .filter(|label| !label.is_empty())
        {
            state.context.set("preferred_label", label);
        }
        if !is_end {
            state.context.set("last_stage", node.as_str());
        }
        if let Some(base) = &mut state.branch {
            base.outcome = Some(outcome.clone());
        }
        state.last_work = Some(outcome.clone());
    }

    pub(super) fn fail_stage(
        &mut self,
        event: &RunEvent,
        node: &NodeId,
        outcome: &Outcome,
        will_retry: bool,
    ) -> Result<Phase, Error> {
        let stage = self.executing(event, node)?;
        let reason = outcome
            .failure_reason
            .as_deref()
            .unwrap_or("no reason given");
        let attempt = stage.attempt;
        self.walk
            .context
            .append_log(format!("{node}: attempt {attempt} failed: {reason}"));
        if !will_retry {
            return self.end_stage(event, node, outcome);
        }
        self.walk.pending_question = None;
        self.walk.continues = false;
        self.session_used(node);
        Ok(Phase::Retrying(stage))
    }

    fn session_used(&mut self, node: &NodeId) {
        self.walk.resumed &= !asks_model(self.graph, node);
    }

    pub(super) fn retry_after(
        &mut self,
        event: &RunEvent,
        attempt: u32,
        delay_ms: u64,
    ) -> Result<Phase, Error> {
        let Phase::Retrying(failed) = &self.walk.phase else {
            return Err(self.refuse(event));
        };
        if attempt != failed.attempt + 1 {
            return Err(self.refuse(event));
        }
        let stage = StageKey {
            attempt,
            execution: failed.execution + 1,
            ..failed.clone()
        };
        let retries = stage.attempt - 1;
        self.walk.retries.insert(stage.node.clone(), retries);
        self.walk.context.set(retry_key(&stage.node), retries);
        Ok(Phase::Ready {
            stage,
            delay_ms,
            again: false,
        })
    }
}

fn retry_key(node: &NodeId) -> String {
    format!("internal.retry_count.{node}")
}

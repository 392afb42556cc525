//! The one function that changes a run.

use crate::graph::NodeId;
use crate::handler::StageProgress;
use crate::state::{Context, Outcome, StageStatus};
use crate::{Error, ErrorKind};

use super::Run;
use super::event::RunEvent;
use super::failure::is_conditional;
use super::history::History;
use super::state::{Ending, Phase};
use super::step::StageKey;

/// Types of nodes that have no model session, so that a resume is still to be felt after them.
const WITHOUT_SESSION: [&str; 5] = ["start", "exit", "conditional", "tool", "wait.human"];

impl Run {
    /// Changes the run by something that happened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if that can't happen in the run's present state; the run is then
    /// unchanged.
    pub fn apply(&mut self, event: &RunEvent) -> Result<(), Error> {
        if let Some(phase) = self.transition(event)? {
            self.state.phase = phase;
        }
        Ok(())
    }

    /// The phase an event leads to, after everything else that it changes.
    fn transition(&mut self, event: &RunEvent) -> Result<Option<Phase>, Error> {
        match event {
            RunEvent::RunStarted { .. } => self.start(event).map(Some),
            RunEvent::RunResumed {
                graph_hash,
                max_cost_micro_usd,
                ..
            } => {
                let phase = self.resume(event, graph_hash)?;
                self.state.max_cost_micro_usd =
                    max_cost_micro_usd.or(self.state.max_cost_micro_usd);
                Ok(phase)
            }
            RunEvent::RunInterrupted { .. } => self.unless_over(event).map(|()| None),
            RunEvent::StageStarted {
                node,
                visit,
                attempt,
                ..
            } => self.begin(event, node, *visit, *attempt).map(Some),
            RunEvent::Progress { progress, .. } => self.progress(event, progress).map(|()| None),
            RunEvent::StageCompleted { node, outcome, .. } => {
                self.end_stage(event, node, outcome).map(Some)
            }
            RunEvent::StageFailed {
                node,
                outcome,
                will_retry,
                ..
            } => self.fail_stage(event, node, outcome, *will_retry).map(Some),
            RunEvent::StageRetrying {
                attempt, delay_ms, ..
            } => self.retry_after(event, *attempt, *delay_ms).map(Some),
            RunEvent::EdgeSelected { to, edge, .. } => self.follow(event, to, *edge).map(Some),
            RunEvent::Jumped { from, to, .. } => self.jump(event, from, to).map(Some),
            RunEvent::GoalGateUnsatisfied { node, .. } => self.turned_back(event, node).map(Some),
            RunEvent::LoopRestarted { node, .. } => self.start_over(event, node).map(Some),
            RunEvent::CheckpointSaved { .. } => {
                self.unless_over(event)?;
                self.state.completed_at_checkpoint = self.state.completed;
                Ok(None)
            }
            RunEvent::RunCompleted { .. } => self.end(event, Ending::Success).map(Some),
            RunEvent::RunFailed { error, node, .. } => {
                let ending = Ending::Failure {
                    error: error.clone(),
                    node: node.clone(),
                };
                self.end(event, ending).map(Some)
            }
        }
    }

    fn start(&mut self, event: &RunEvent) -> Result<Phase, Error> {
        let RunEvent::RunStarted {
            run_id,
            graph_hash,
            seed,
            params,
            max_cost_micro_usd,
            ..
        } = event
        else {
            return Err(self.refuse(event));
        };
        if self.state.phase != Phase::New {
            return Err(self.refuse(event));
        }
        let start = self
            .graph
            .start()
            .map(|node| node.id().clone())
            .ok_or_else(|| Error::new(ErrorKind::InvalidGraph, "the graph has no start node"))?;
        self.state.run_id.clone_from(run_id);
        self.state.graph_hash.clone_from(graph_hash);
        self.state.seed = *seed;
        self.state.params.clone_from(params);
        self.state.max_cost_micro_usd = *max_cost_micro_usd;
        self.state.context = self.fresh_context();
        Ok(Phase::Arriving(start))
    }

    /// A context with the graph's attributes and the caller's parameters.
    fn fresh_context(&self) -> Context {
        let mut context = Context::new();
        let attrs = self.graph.attrs();
        context.set("graph.name", self.graph.name());
        context.set("graph.goal", attrs.goal.as_str());
        for name in attrs.attr_names() {
            if let Some(value) = attrs.value(name) {
                context.set(format!("graph.{name}"), value.to_string());
            }
        }
        context.set("internal.run_id", self.state.run_id.as_str());
        context.apply_updates(&self.state.params);
        context
    }

    fn resume(&mut self, event: &RunEvent, graph_hash: &str) -> Result<Option<Phase>, Error> {
        let phase = match &self.state.phase {
            Phase::Ended {
                ending: Ending::Failure { .. },
                before,
            } => Some(before.after_failure()),
            Phase::New | Phase::Ended { .. } => return Err(self.refuse(event)),
            Phase::Executing(stage) => Some(Phase::Ready {
                stage: stage.clone(),
                delay_ms: 0,
                again: true,
            }),
            _ => None,
        };
        graph_hash.clone_into(&mut self.state.graph_hash);
        self.state.resumed = true;
        self.state.pending_question = None;
        Ok(phase)
    }

    fn begin(
        &mut self,
        event: &RunEvent,
        node: &NodeId,
        visit: u32,
        attempt: u32,
    ) -> Result<Phase, Error> {
        let (stage, again) = match &self.state.phase {
            Phase::Arriving(at) => (self.state.next_visit(at), false),
            Phase::Ready { stage, again, .. } => (stage.clone(), *again),
            _ => return Err(self.refuse(event)),
        };
        if (&stage.node, stage.visit, stage.attempt) != (node, visit, attempt) {
            return Err(self.refuse(event));
        }
        let state = &mut self.state;
        if !again {
            state.executions.insert(node.clone(), stage.execution);
            if attempt == 1 {
                state.steps += 1;
                state.visits.insert(node.clone(), stage.visit);
            }
        }
        state.context.set("current_node", node.as_str());
        Ok(Phase::Executing(stage))
    }

    fn progress(&mut self, event: &RunEvent, progress: &StageProgress) -> Result<(), Error> {
        let Phase::Executing(stage) = &self.state.phase else {
            return Err(self.refuse(event));
        };
        let node = stage.node.clone();
        self.state.usage.count(progress);
        match progress {
            StageProgress::InterviewStarted { question } => {
                self.state.pending_question = Some((node, question.clone()));
            }
            StageProgress::InterviewCompleted { .. } | StageProgress::InterviewTimeout { .. } => {
                self.state.pending_question = None;
            }
            StageProgress::ToolCallCompleted {
                tool,
                is_error,
                summary,
                ..
            } => {
                let how = if *is_error { "failed" } else { "ok" };
                self.state
                    .context
                    .append_log(format!("{node}: {tool} {how}: {summary}"));
            }
            StageProgress::Warning { message } => {
                self.state
                    .context
                    .append_log(format!("{node}: warning: {message}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn executing(&self, event: &RunEvent, node: &NodeId) -> Result<StageKey, Error> {
        match &self.state.phase {
            Phase::Executing(stage) if stage.node == *node => Ok(stage.clone()),
            _ => Err(self.refuse(event)),
        }
    }

    fn end_stage(
        &mut self,
        event: &RunEvent,
        node: &NodeId,
        outcome: &Outcome,
    ) -> Result<Phase, Error> {
        self.executing(event, node)?;
        let state = &mut self.state;
        state.context.apply_updates(&outcome.context_updates);
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
        state.last_completed = Some(node.clone());
        state.completed += 1;
        state.pending_question = None;
        self.session_used(node);
        let transparent =
            outcome.status == StageStatus::Success && is_conditional(&self.graph, node);
        if outcome.status == StageStatus::Skipped || transparent {
            let before = self.state.last_work.clone().filter(|_| transparent);
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
        let is_end =
            self.graph.start().is_some_and(|start| start.id() == node) || self.is_exit(node);
        let state = &mut self.state;
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
        state.last_work = Some(outcome.clone());
    }

    fn fail_stage(
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
        self.state
            .context
            .append_log(format!("{node}: attempt {attempt} failed: {reason}"));
        if !will_retry {
            return self.end_stage(event, node, outcome);
        }
        self.state.pending_question = None;
        self.session_used(node);
        Ok(Phase::Retrying(stage))
    }

    fn session_used(&mut self, node: &NodeId) {
        let kind = self
            .graph
            .node(node)
            .map(|node| self.graph.resolved_type(node));
        if kind.is_some_and(|kind| !WITHOUT_SESSION.contains(&kind)) {
            self.state.resumed = false;
        }
    }

    fn retry_after(
        &mut self,
        event: &RunEvent,
        attempt: u32,
        delay_ms: u64,
    ) -> Result<Phase, Error> {
        let Phase::Retrying(failed) = &self.state.phase else {
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
        self.state.retries.insert(stage.node.clone(), retries);
        self.state.context.set(retry_key(&stage.node), retries);
        Ok(Phase::Ready {
            stage,
            delay_ms,
            again: false,
        })
    }

    fn follow(&mut self, event: &RunEvent, to: &NodeId, edge: usize) -> Result<Phase, Error> {
        let Phase::Leaving { node, .. } = &self.state.phase else {
            return Err(self.refuse(event));
        };
        let node = node.clone();
        let taken = self.graph.edges().get(edge);
        let Some(taken) = taken.filter(|edge| *edge.from() == node && edge.to() == to) else {
            return Err(self.refuse(event));
        };
        if taken.loop_restart {
            return Ok(Phase::Restarting(to.clone()));
        }
        self.state.previous = Some(node);
        self.state.incoming_edge = Some(edge);
        Ok(Phase::Arriving(to.clone()))
    }

    fn jump(&mut self, event: &RunEvent, from: &NodeId, to: &NodeId) -> Result<Phase, Error> {
        let at = match &self.state.phase {
            Phase::Leaving { node, .. } => node,
            Phase::TurnedBack { from, .. } => from,
            _ => return Err(self.refuse(event)),
        };
        if at != from || self.graph.node(to).is_none() {
            return Err(self.refuse(event));
        }
        self.state.previous = Some(from.clone());
        self.state.incoming_edge = None;
        Ok(Phase::Arriving(to.clone()))
    }

    fn turned_back(&mut self, event: &RunEvent, gate: &NodeId) -> Result<Phase, Error> {
        let (Phase::Arriving(node) | Phase::Leaving { node, .. }) = &self.state.phase else {
            return Err(self.refuse(event));
        };
        let from = node.clone();
        self.state.redirects += 1;
        Ok(Phase::TurnedBack {
            from,
            gate: gate.clone(),
        })
    }

    fn start_over(&mut self, event: &RunEvent, node: &NodeId) -> Result<Phase, Error> {
        if self.state.phase != Phase::Restarting(node.clone()) {
            return Err(self.refuse(event));
        }
        let context = self.fresh_context();
        let state = &mut self.state;
        state.restarts += 1;
        state.redirects = 0;
        state.context = context;
        state.history = History::default();
        state.last_work = None;
        state.visits.clear();
        state.executions.clear();
        state.retries.clear();
        state.steps_before_restart = state.steps;
        state.previous = None;
        state.incoming_edge = None;
        Ok(Phase::Arriving(node.clone()))
    }

    fn end(&mut self, event: &RunEvent, ending: Ending) -> Result<Phase, Error> {
        match &self.state.phase {
            Phase::New | Phase::Ended { .. } | Phase::Executing(_) => Err(self.refuse(event)),
            before => Ok(Phase::Ended {
                ending,
                before: Box::new(before.clone()),
            }),
        }
    }

    fn unless_over(&self, event: &RunEvent) -> Result<(), Error> {
        match self.state.phase {
            Phase::New | Phase::Ended { .. } => Err(self.refuse(event)),
            _ => Ok(()),
        }
    }

    fn refuse(&self, event: &RunEvent) -> Error {
        let name = event.name();
        let place = event
            .node()
            .map_or_else(String::new, |node| format!(" at {node}"));
        let phase = self.state.phase.describe();
        Error::new(
            ErrorKind::Damaged,
            format!("event {name}{place} can't follow: the run is {phase}"),
        )
    }
}

fn retry_key(node: &NodeId) -> String {
    format!("internal.retry_count.{node}")
}

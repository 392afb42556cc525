//! The begin and the end of a run, and going on with it.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::run::event::RunEvent;
use crate::run::failure::kind;
use crate::run::history::History;
use crate::run::parallel::{BranchState, FAN_IN, PARALLEL, has_candidate};
use crate::run::state::{Ending, Phase, WalkState};
use crate::state::{Context, StageStatus};
use crate::{Error, ErrorKind, NodeId};

use super::Change;

impl Change<'_> {
    pub(super) fn start(&mut self, event: &RunEvent) -> Result<Phase, Error> {
        let RunEvent::RunStarted {
            run_id,
            graph_hash,
            seed,
            params,
            limits,
            ..
        } = event
        else {
            return Err(self.refuse(event));
        };
        if self.walk.phase != Phase::New {
            return Err(self.refuse(event));
        }
        let start = self
            .graph
            .start()
            .map(|node| node.id().clone())
            .ok_or_else(|| Error::new(ErrorKind::InvalidGraph, "the graph has no start node"))?;
        self.shared.run_id.clone_from(run_id);
        self.shared.graph_hash.clone_from(graph_hash);
        self.shared.seed = *seed;
        self.shared.params.clone_from(params);
        self.shared.limits = *limits;
        self.walk.context = self.fresh_context();
        Ok(Phase::Arriving(start))
    }

    /// A context with the graph's attributes and the caller's parameters; for a branch, the one
    /// it began with.
    fn fresh_context(&self) -> Context {
        if let Some(base) = &self.walk.branch {
            return base.context.clone();
        }
        let mut context = Context::with_artifacts(self.walk.context.artifacts().clone());
        let attrs = self.graph.attrs();
        context.set("graph.name", self.graph.name());
        context.set("graph.goal", attrs.goal.as_str());
        for name in attrs.attr_names() {
            if let Some(value) = attrs.value(name) {
                context.set(format!("graph.{name}"), value.to_string());
            }
        }
        context.set("internal.run_id", self.shared.run_id.as_str());
        context.apply_updates(&self.shared.params);
        context
    }

    pub(super) fn resume(
        &mut self,
        event: &RunEvent,
        graph_hash: &str,
        same_visit: bool,
    ) -> Result<(), Error> {
        let failed = match &self.walk.phase {
            Phase::New
            | Phase::Ended {
                ending: Ending::Success,
                ..
            } => return Err(self.refuse(event)),
            Phase::Ended { before, .. } => {
                let before = (**before).clone();
                self.walk.phase = before;
                true
            }
            _ => false,
        };
        graph_hash.clone_into(&mut self.shared.graph_hash);
        let again = revive(self.graph, self.walk, failed, same_visit);
        for node in again.iter().filter(|_| same_visit) {
            take_back(&mut self.shared.visits, node);
        }
        Ok(())
    }

    pub(super) fn start_over(&mut self, event: &RunEvent, node: &NodeId) -> Result<Phase, Error> {
        if self.walk.phase != Phase::Restarting(node.clone()) {
            return Err(self.refuse(event));
        }
        let context = self.fresh_context();
        let walk = &mut self.walk;
        walk.restarts += 1;
        walk.redirects = 0;
        walk.context = context;
        walk.last_work = None;
        walk.executions.clear();
        walk.retries.clear();
        walk.previous = None;
        walk.incoming_edge = None;
        walk.child = None;
        if let Some(base) = &mut walk.branch {
            // What the whole run may do isn't renewed by one of its branches.
            base.visits.clear();
            base.updates.clear();
            base.outcome = None;
            let before = walk.history.before().cloned();
            walk.history = before.unwrap_or_default().branch();
        } else {
            walk.history = History::default();
            self.shared.visits.clear();
            self.shared.steps_before_restart = self.shared.steps;
        }
        Ok(Phase::Arriving(node.clone()))
    }

    pub(super) fn end(&mut self, event: &RunEvent, ending: Ending) -> Result<Phase, Error> {
        match &self.walk.phase {
            Phase::New | Phase::Ended { .. } | Phase::Executing(_) => Err(self.refuse(event)),
            before => Ok(Phase::Ended {
                ending,
                before: Box::new(before.clone()),
            }),
        }
    }
}

/// Makes a walk and its branches ready to go on after their process has ended. If the run had
/// failed, what failed is tried again, and everything that succeeded stands.
///
/// Returns the nodes that are tried again: a person asks for that, and no loop can.
fn revive(graph: &Graph, walk: &mut WalkState, failed: bool, same_visit: bool) -> Vec<NodeId> {
    walk.resumed = true;
    walk.pending_question = None;
    let mut again = Vec::new();
    let next = match &mut walk.phase {
        Phase::Executing(stage) => Some(Phase::Ready {
            stage: stage.clone(),
            delay_ms: 0,
            again: true,
        }),
        Phase::Leaving { node, outcome, .. } if failed && outcome.status == StageStatus::Fail => {
            let node = node.clone();
            walk.continues = true;
            again.push(try_again(graph, walk, &node));
            again.first().cloned().map(Phase::Arriving)
        }
        Phase::TurnedBack { gate, .. } if failed => {
            again.push(gate.clone());
            Some(Phase::Arriving(gate.clone()))
        }
        Phase::Parallel(block) => {
            for branch in &mut block.branches {
                if let BranchState::Running(walk) = &mut branch.state {
                    again.append(&mut revive(graph, walk, failed, same_visit));
                }
            }
            None
        }
        _ => None,
    };
    if let Some(phase) = next {
        walk.phase = phase;
    }
    if let Some(base) = walk.branch.as_mut().filter(|_| same_visit) {
        again
            .iter()
            .for_each(|node| take_back(&mut base.visits, node));
    }
    again
}

/// Takes the last visit of a node back.
fn take_back(visits: &mut BTreeMap<NodeId, u32>, node: &NodeId) {
    if let Some(count) = visits.get_mut(node) {
        *count = count.saturating_sub(1);
    }
}

/// The node to execute again so that a failure may become a success: for a fan-in to which no
/// candidate came, the parallel node before it.
fn try_again(graph: &Graph, walk: &WalkState, node: &NodeId) -> NodeId {
    match &walk.previous {
        Some(from)
            if kind(graph, node) == Some(FAN_IN)
                && kind(graph, from) == Some(PARALLEL)
                && walk.incoming_edge.is_none()
                && !has_candidate(&walk.context) =>
        {
            from.clone()
        }
        _ => node.clone(),
    }
}

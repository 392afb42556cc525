//! What a run does next: a pure function of its state.

use crate::graph::{Edge, Node, NodeId};
use crate::state::{FailureKind, Outcome, StageStatus};

use super::Walk;
use super::event::RunEvent;
use super::failure::{FailureRoute, is_conditional, kind, route_failure};
use super::parallel::{BranchEnd, FAN_IN, PARALLEL};
use super::rule::{EdgeRule, JumpReason};
use super::select_edge::{lookup, select_edge};
use super::state::Phase;
use super::step::{StageKey, Step};
use super::{goal_gate, settings};

impl Walk<'_> {
    /// What to do next, but for the snapshots in between.
    pub(super) fn decide(&self) -> Step {
        match &self.walk.phase {
            Phase::New => Step::Start,
            Phase::Arriving(node) => self.arrive(node),
            Phase::Joined(node) => self.enter(node),
            Phase::Ready {
                stage, delay_ms, ..
            } => self.within_budget(&stage.node, true, || Step::Execute {
                stage: stage.clone(),
                delay_ms: *delay_ms,
            }),
            Phase::Executing(stage) => Step::Execute {
                stage: stage.clone(),
                delay_ms: 0,
            },
            Phase::Retrying(failed) => self.retry(failed),
            Phase::Parallel(block) => self.branches(block),
            Phase::Joining { stage, outcome } => {
                Step::RecordTimed(self.judge_attempt(stage, (**outcome).clone(), 0))
            }
            Phase::Leaving {
                node,
                outcome,
                transparent,
            } => self.leave(node, outcome, *transparent),
            Phase::TurnedBack { from, gate } => self.turn_back(from, gate),
            Phase::Restarting(node) => self.restart(node),
            Phase::Ended { .. } => Step::Finished,
        }
    }

    fn arrive(&self, node: &NodeId) -> Step {
        let is_exit = self.run.is_exit(node);
        if self.is_branch() {
            let kind = kind(&self.run.graph, node);
            if is_exit || kind == Some(FAN_IN) {
                let end = if is_exit {
                    BranchEnd::Exit
                } else {
                    BranchEnd::FanIn
                };
                return self.end_branch(end, Some(node), None);
            }
        } else if is_exit && let Some(gate) = self.unsatisfied_gate() {
            return self.gate_failed(gate);
        }
        self.enter(node)
    }

    /// The first attempt of a visit, if no limit stands against it.
    fn enter(&self, node: &NodeId) -> Step {
        let shared = &self.run.shared;
        let steps = shared.steps - shared.steps_before_restart;
        if steps >= self.run.settings.max_steps {
            let limit = self.run.settings.max_steps;
            return fail_run(
                node,
                format!("max_steps exceeded: the run has executed {limit} stages"),
            );
        }
        let max_visits = self.run.graph.node(node).and_then(|node| node.max_visits);
        if let Some(limit) = max_visits.filter(|limit| shared.visits(node) >= *limit) {
            let text = format!("max_visits exceeded: {node} has been executed {limit} times");
            return self.fail(node, text);
        }
        self.within_budget(node, false, || Step::Execute {
            stage: self.next_visit(node),
            delay_ms: 0,
        })
    }

    /// The step towards an attempt, unless a limit of the run's budget stands against it.
    fn within_budget(&self, node: &NodeId, begun: bool, step: impl FnOnce() -> Step) -> Step {
        let limits = self.run.limits_of(node, begun);
        match self.run.limits().check(&self.run.spent(), limits) {
            Err(reached) => Step::Pause {
                reached,
                node: node.clone(),
            },
            Ok(()) => step(),
        }
    }

    fn retry(&self, failed: &StageKey) -> Step {
        self.within_budget(&failed.node, true, || {
            let stage = StageKey {
                attempt: failed.attempt + 1,
                execution: failed.execution + 1,
                ..failed.clone()
            };
            let node = self.run.graph.node(&failed.node);
            let backoff = node.map(|node| settings::retry_policy(&self.run.graph, node).backoff);
            let backoff = backoff.unwrap_or_default();
            let delay_ms = backoff.delay_ms(failed.attempt);
            Step::Retry {
                stage,
                delay_ms,
                jitter: backoff.jitter,
            }
        })
    }

    fn leave(&self, id: &NodeId, outcome: &Outcome, transparent: bool) -> Step {
        let Some(node) = self.run.graph.node(id) else {
            return self.fail(id, format!("the graph has no node {id}"));
        };
        let edges: Vec<&Edge> = self.run.graph.outgoing(id).collect();
        if outcome.status == StageStatus::Fail && !transparent {
            return self.leave_failed(node, &edges, outcome);
        }
        if self.run.graph.resolved_type(node) == PARALLEL {
            return self.leave_parallel(id);
        }
        if edges.is_empty() {
            return self.dead_end();
        }
        let by_person = self.run.graph.resolved_type(node) == "wait.human";
        match select_edge(&edges, outcome, &self.walk.context, by_person) {
            Some((edge, rule)) if self.may_follow(&edges, edge, outcome) => follow(edge, rule),
            _ => self.fail(id, self.no_edge(id, &edges, outcome)),
        }
    }

    fn leave_failed(&self, node: &Node, edges: &[&Edge], outcome: &Outcome) -> Step {
        let id = node.id();
        let reason = outcome
            .failure_reason
            .as_deref()
            .unwrap_or("no reason given");
        if outcome.failure_kind == Some(FailureKind::Pipeline) {
            return fail_run(id, format!("stage {id} failed: {reason}"));
        }
        match route_failure(&self.run.graph, node, edges, outcome, &self.walk.context) {
            FailureRoute::Edge(edge, rule) => follow(edge, rule),
            FailureRoute::Jump(to, reason) => Step::Record(RunEvent::Jumped {
                from: id.clone(),
                to,
                reason,
            }),
            FailureRoute::None => self.fail(id, format!("stage {id} failed: {reason}")),
        }
    }

    /// A failure before a conditional node may leave it by an edge without a condition only as
    /// the alternative to edges that have one.
    fn may_follow(&self, edges: &[&Edge], edge: &Edge, outcome: &Outcome) -> bool {
        outcome.status != StageStatus::Fail
            || edge.condition.is_some()
            || edges.iter().any(|edge| edge.condition.is_some())
            || is_conditional(&self.run.graph, edge.to())
    }

    fn no_edge(&self, id: &NodeId, edges: &[&Edge], outcome: &Outcome) -> String {
        let tried: Vec<String> = edges
            .iter()
            .map(|edge| self.describe(edge, outcome))
            .collect();
        let mut text = format!("no eligible edge from {id}: {}", tried.join("; "));
        if let Some(reason) = outcome.failure_reason.as_deref() {
            text.push_str(&format!(" (the stage before failed: {reason})"));
        }
        text
    }

    /// An edge that can't be followed, with the values its condition looked at.
    fn describe(&self, edge: &Edge, outcome: &Outcome) -> String {
        let Some(condition) = &edge.condition else {
            return format!("-> {} has no condition for a failure", edge.to());
        };
        let mut values: Vec<String> = Vec::new();
        if let Ok(parsed) = condition.parsed() {
            for key in parsed.keys() {
                let value = lookup(key, outcome, &self.walk.context).unwrap_or_default();
                values.push(format!("{key}={value:?}"));
            }
        }
        format!(
            "-> {} if {} ({})",
            edge.to(),
            condition.source(),
            values.join(", ")
        )
    }

    /// The end of a walk at a node without edges.
    pub(super) fn dead_end(&self) -> Step {
        if self.is_branch() {
            return self.end_branch(BranchEnd::DeadEnd, None, None);
        }
        self.unsatisfied_gate()
            .map_or(Step::Complete, |gate| self.gate_failed(gate))
    }

    /// The end of this walk: of the run, or of the branch.
    fn fail(&self, node: &NodeId, error: String) -> Step {
        if self.is_branch() {
            return self.end_branch(BranchEnd::Failed, None, Some(error));
        }
        fail_run(node, error)
    }

    fn unsatisfied_gate(&self) -> Option<&NodeId> {
        goal_gate::unsatisfied(&self.run.settings.gates, &self.walk.history)
    }

    fn gate_failed(&self, gate: &NodeId) -> Step {
        let outcome = self.walk.history.outcome(gate);
        Step::Record(RunEvent::GoalGateUnsatisfied {
            node: gate.clone(),
            outcome: outcome.map_or("none", Outcome::word).to_owned(),
            redirect: self.walk.redirects + 1,
        })
    }

    fn turn_back(&self, from: &NodeId, gate: &NodeId) -> Step {
        let limit = self.run.settings.max_goal_gate_redirects;
        if self.walk.redirects > limit {
            let text = format!("max_goal_gate_redirects exceeded: {limit} times");
            return self.fail(gate, format!("goal gate {gate} is unsatisfied; {text}"));
        }
        match goal_gate::retry_target(&self.run.graph, gate) {
            Some(to) => Step::Record(RunEvent::Jumped {
                from: from.clone(),
                to,
                reason: JumpReason::GoalGate,
            }),
            None => self.fail(
                gate,
                format!("goal gate {gate} is unsatisfied and there is no retry target"),
            ),
        }
    }

    fn restart(&self, node: &NodeId) -> Step {
        let limit = self.run.settings.max_restarts;
        if self.walk.restarts >= limit {
            return self.fail(
                node,
                format!("max_restarts exceeded: the run started over {limit} times"),
            );
        }
        let restart = self.walk.restarts + 1;
        Step::Record(RunEvent::LoopRestarted {
            node: node.clone(),
            restart,
        })
    }
}

fn follow(edge: &Edge, rule: EdgeRule) -> Step {
    Step::Record(RunEvent::EdgeSelected {
        from: edge.from().clone(),
        to: edge.to().clone(),
        edge: edge.index(),
        rule,
        label: edge.label.clone(),
        condition: edge
            .condition
            .as_ref()
            .map(|condition| condition.source().to_owned()),
    })
}

/// The end of the whole run.
pub(super) fn fail_run(node: &NodeId, error: String) -> Step {
    Step::Fail {
        error,
        node: Some(node.clone()),
    }
}

//! What an event says about the way, in the state before it.

use crate::graph::{Edge, Graph, NodeId};
use crate::run::Walk;
use crate::run::event::RunEvent;
use crate::run::failure::is_conditional;
use crate::run::rule::{EdgeRule, JumpReason};
use crate::run::state::Phase;
use crate::state::{Outcome, StageStatus};

use super::candidate::{Candidate, Scene};
use super::{HopRule, Seen};

/// A hop without where and when.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) from: Option<NodeId>,
    pub(super) to: Option<NodeId>,
    pub(super) rule: HopRule,
    pub(super) failed: bool,
    pub(super) reason: String,
    pub(super) seen: Option<Seen>,
    pub(super) candidates: Vec<Candidate>,
}

impl Way {
    fn new(rule: HopRule, reason: impl Into<String>) -> Self {
        Self {
            from: None,
            to: None,
            rule,
            failed: false,
            reason: reason.into(),
            seen: None,
            candidates: Vec::new(),
        }
    }

    fn from(mut self, node: &NodeId) -> Self {
        self.from = Some(node.clone());
        self
    }

    fn to(mut self, node: Option<&NodeId>) -> Self {
        self.to = node.cloned();
        self
    }
}

/// The outcome of a node that is being left, and whether it failed in the sense of 3.7.
struct Left<'a> {
    node: &'a NodeId,
    outcome: &'a Outcome,
    transparent: bool,
}

impl<'a> Left<'a> {
    fn of(walk: &Walk<'a>) -> Option<Self> {
        match &walk.walk.phase {
            Phase::Leaving {
                node,
                outcome,
                transparent,
            } => Some(Self {
                node,
                outcome,
                transparent: *transparent,
            }),
            _ => None,
        }
    }

    fn failed(&self) -> bool {
        self.outcome.status == StageStatus::Fail && !self.transparent
    }

    fn scene(&self, walk: &Walk<'a>) -> Scene<'a> {
        Scene {
            graph: &walk.run.graph,
            outcome: self.outcome,
            context: walk.context(),
            failed: self.failed(),
        }
    }

    /// The way on from here, with every edge that could have been it.
    fn way(
        &self,
        walk: &Walk<'a>,
        rule: HopRule,
        chosen: Option<(&Edge, EdgeRule)>,
        reason: String,
    ) -> Way {
        Way {
            failed: self.failed(),
            seen: Some(Seen::of(self.outcome, self.transparent)),
            candidates: self.scene(walk).candidates(self.node, chosen),
            ..Way::new(rule, reason).from(self.node)
        }
    }
}

/// The way that an event takes in a walk, if it's about the way.
pub(super) fn of(walk: &Walk<'_>, event: &RunEvent) -> Option<Way> {
    Some(match event {
        RunEvent::EdgeSelected { edge, rule, .. } => followed(walk, *edge, *rule)?,
        RunEvent::Jumped { from, to, reason } => jumped(walk, from, to, *reason),
        RunEvent::LoopRestarted { node, restart } => Way::new(
            HopRule::LoopRestart,
            format!("the edge has loop_restart=true: the run starts over, time {restart}"),
        )
        .to(Some(node)),
        RunEvent::ParallelStarted {
            node,
            branch_count,
            context_updates,
            ..
        } => {
            let mut context = walk.context().clone();
            context.apply_updates(context_updates);
            let outcome = Outcome::success();
            let scene = Scene {
                graph: &walk.run.graph,
                outcome: &outcome,
                context: &context,
                failed: false,
            };
            let text = format!("{node} fans out into {branch_count} branches");
            Way {
                candidates: scene.branches(node),
                ..Way::new(HopRule::FanOut, text).from(node)
            }
        }
        RunEvent::ParallelBranchStarted { node, id, to, .. } => {
            Way::new(HopRule::BranchStart, format!("branch {id} of {node}"))
                .from(node)
                .to(Some(to))
        }
        RunEvent::ParallelBranchCompleted {
            id, end, reached, ..
        } => branch_ended(walk, id, *end, reached.as_ref()),
        RunEvent::RunRewound { node, kept, .. } => {
            let text =
                format!("the run was rewound to before {node}; what came after is in {kept}");
            Way::new(HopRule::Rewind, text).to(Some(node))
        }
        RunEvent::RunForked { run_id, node, .. } => {
            let text = format!("the run is a copy of {run_id} up to before {node}");
            Way::new(HopRule::Fork, text).to(Some(node))
        }
        RunEvent::RunCompleted { .. } => completed(walk),
        RunEvent::RunFailed { error, node, .. } => failed(walk, error, node.as_ref()),
        _ => return None,
    })
}

fn followed(walk: &Walk<'_>, index: usize, rule: EdgeRule) -> Option<Way> {
    let left = Left::of(walk)?;
    let edge = walk.run.graph.edges().get(index)?;
    let reason = why_followed(&walk.run.graph, &left, edge, rule);
    let way = left.way(walk, HopRule::Edge(rule), Some((edge, rule)), reason);
    Some(way.to(Some(edge.to())))
}

fn why_followed(graph: &Graph, left: &Left<'_>, edge: &Edge, rule: EdgeRule) -> String {
    let to = edge.to();
    let condition = edge.condition.as_ref().map_or("", |c| c.source());
    let label = left.outcome.preferred_label.as_deref().unwrap_or_default();
    match rule {
        EdgeRule::HumanChoice => format!("the person chose {label:?}"),
        EdgeRule::Condition => format!("the condition `{condition}` holds"),
        EdgeRule::PreferredLabel => format!("the outcome prefers the label {label:?}"),
        EdgeRule::SuggestedNextId => format!("the outcome suggests {to}"),
        EdgeRule::Weight => {
            let plain = graph.outgoing(left.node).filter(|e| e.condition.is_none());
            match plain.count() {
                1 => "the only edge without a condition".to_owned(),
                _ => format!("the highest weight, {}", edge.weight),
            }
        }
        EdgeRule::Lexical => {
            let weight = edge.weight;
            format!("the first target in the alphabet among edges of weight {weight}")
        }
        EdgeRule::FailureToConditional => {
            format!("a failure that no condition takes goes on to {to}, which tells outcomes apart")
        }
    }
}

fn jumped(walk: &Walk<'_>, from: &NodeId, to: &NodeId, reason: JumpReason) -> Way {
    let rule = HopRule::Jump(reason);
    let node = walk.run.graph.node(from);
    let way = match (&walk.walk.phase, reason) {
        (Phase::TurnedBack { gate, .. }, _) => {
            let outcome = walk.history().outcome(gate);
            let word = outcome.map_or("none", Outcome::word);
            let which = gate_target(&walk.run.graph, gate, to);
            let text = format!("goal gate {gate} is unsatisfied ({word}): {which} is {to}");
            Way {
                seen: outcome.map(|outcome| Seen::of(outcome, true)),
                ..Way::new(rule, text).from(from)
            }
        }
        (_, JumpReason::Joined) => {
            let text = "the branches have ended, and this is where they come together".to_owned();
            match Left::of(walk) {
                Some(left) => Way {
                    seen: Some(Seen::of(left.outcome, left.transparent)),
                    ..Way::new(rule, text).from(from)
                },
                None => Way::new(rule, text).from(from),
            }
        }
        _ => {
            let name = rule.name();
            let text = format!("{from} failed and no edge takes the failure: its {name} is {to}");
            match Left::of(walk).filter(|_| node.is_some()) {
                Some(left) => left.way(walk, rule, None, text),
                None => Way::new(rule, text).from(from),
            }
        }
    };
    way.to(Some(to))
}

/// Which attribute names the target of a gate.
fn gate_target(graph: &Graph, gate: &NodeId, to: &NodeId) -> &'static str {
    let is = |target: &Option<String>| target.as_deref() == Some(to.as_str());
    let attrs = graph.attrs();
    match graph.node(gate) {
        Some(node) if is(&node.retry_target) => "its retry_target",
        Some(node) if is(&node.fallback_retry_target) => "its fallback_retry_target",
        _ if is(&attrs.retry_target) => "the graph's retry_target",
        _ => "the graph's fallback_retry_target",
    }
}

fn branch_ended(
    walk: &Walk<'_>,
    id: &str,
    end: crate::run::BranchEnd,
    reached: Option<&NodeId>,
) -> Way {
    use crate::run::BranchEnd::{Cancelled, DeadEnd, Exit, Failed, FanIn};
    let at = reached.map_or("", NodeId::as_str);
    let text = match end {
        FanIn => format!("branch {id} came to the fan-in {at}"),
        Exit => format!("branch {id} came to the exit {at}"),
        DeadEnd => format!("branch {id} came to a node without edges"),
        Failed => format!("branch {id} failed and nothing led on"),
        Cancelled => format!("branch {id} was cancelled: its parallel node was done without it"),
    };
    let rule = HopRule::BranchEnd;
    match Left::of(walk).filter(|_| end == Failed) {
        Some(left) => left.way(walk, rule, None, text),
        None => match &walk.walk.phase {
            Phase::Arriving(_) if reached.is_some() => match &walk.walk.previous {
                Some(from) => Way::new(rule, text).from(from),
                None => Way::new(rule, text),
            },
            _ => Way::new(rule, text),
        },
    }
    .to(reached)
}

fn completed(walk: &Walk<'_>) -> Way {
    let rule = HopRule::Completed;
    let Some(left) = Left::of(walk) else {
        return Way::new(rule, "the run is complete");
    };
    let is_exit = walk.run.graph.exit().is_some_and(|e| e.id() == left.node);
    let what = if is_exit {
        "the exit is reached"
    } else {
        "no edge leads on"
    };
    Way::new(rule, format!("{what} and every goal gate is satisfied")).from(left.node)
}

fn failed(walk: &Walk<'_>, error: &str, node: Option<&NodeId>) -> Way {
    let rule = HopRule::Failed;
    let way = match Left::of(walk).filter(|left| Some(left.node) == node) {
        Some(left) => {
            let mut way = left.way(walk, rule, None, error.to_owned());
            // A failure before a conditional node leaves it only as an alternative.
            let only_routes = is_conditional(&walk.run.graph, left.node);
            if only_routes && left.outcome.status == StageStatus::Fail {
                for candidate in &mut way.candidates {
                    if candidate.condition.is_none() {
                        "a failure needs a condition, or an edge with one beside it"
                            .clone_into(&mut candidate.why);
                    }
                }
            }
            way
        }
        None => Way::new(rule, error),
    };
    match (way.from.is_none(), node) {
        (true, Some(node)) => way.from(node),
        _ => way,
    }
}

//! What a parallel node fans out into and what its branches lead to; pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{Edge, Graph, Node, NodeId};
use crate::state::{Context, Outcome, StageStatus};
use crate::text::truncate;

use super::history::History;
use super::limits::{
    FAN_IN_REASON_CHARACTERS, FAN_IN_REASONS, MAX_BRANCHES, MAX_PARALLEL, MAX_PARALLEL_DEPTH,
};
use super::select_edge::holds;
use super::state::WalkState;
use super::step::StageKey;

/// Type of the nodes that fan out.
pub(super) const PARALLEL: &str = "parallel";

/// Type of the nodes at which branches end.
pub(super) const FAN_IN: &str = "parallel.fan_in";

/// When a parallel node is done.
///
/// Source: attractor-spec 4.8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JoinPolicy {
    /// When all branches are.
    #[default]
    WaitAll,
    /// As soon as one branch has succeeded; the others are cancelled.
    FirstSuccess,
}

impl JoinPolicy {
    /// All of them, by the name that pipelines use.
    pub const ALL: [(&str, Self); 2] = [
        ("wait_all", Self::WaitAll),
        ("first_success", Self::FirstSuccess),
    ];

    /// The policy with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let row = Self::ALL.iter().find(|row| row.0 == name.trim());
        row.map(|row| row.1)
    }

    /// The policy of a node; a name that doesn't exist is an error of the lint rules.
    pub(super) fn of(node: &Node) -> Self {
        let name = node.attr("join_policy").map(ToString::to_string);
        name.and_then(|name| Self::from_name(&name))
            .unwrap_or_default()
    }
}

/// How a branch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BranchEnd {
    /// It came to a fan-in.
    FanIn,
    /// It came to the exit of the pipeline, which it doesn't execute.
    Exit,
    /// It came to a node without edges.
    DeadEnd,
    /// A stage failed and nothing led on.
    Failed,
    /// It was stopped, or never begun, because the parallel node was done without it.
    Cancelled,
}

/// How many branches of a node run at a time.
pub(super) fn max_parallel(node: &Node) -> usize {
    let wanted = node
        .attr("max_parallel")
        .and_then(|value| value.to_string().parse().ok());
    wanted.unwrap_or(MAX_PARALLEL).clamp(1, MAX_BRANCHES)
}

/// The branches of a parallel node that is being executed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) stage: StageKey,
    pub(super) policy: JoinPolicy,
    pub(super) max_parallel: usize,
    pub(super) branches: Vec<Branch>,
    pub(super) stopped: Option<Stop>,
}

/// Why branches that haven't ended won't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// One has succeeded, and that is enough.
    Succeeded,
    /// The node's time is up.
    TimedOut,
}

/// One branch, from the edge that it begins with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Branch {
    pub(super) id: String,
    pub(super) edge: usize,
    pub(super) state: BranchState,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum BranchState {
    Waiting,
    Running(Box<WalkState>),
    Done(Box<BranchResult>),
}

/// What is left of a branch that has ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BranchResult {
    pub(super) end: BranchEnd,
    pub(super) outcome: Outcome,
    /// Where it ended, if that was a fan-in or the exit.
    pub(super) reached: Option<NodeId>,
    /// What its stages changed in its context.
    pub(super) updates: BTreeMap<String, Value>,
    /// What it did.
    pub(super) history: History,
}

impl Block {
    pub(super) fn new(graph: &Graph, node: &Node, stage: StageKey, context: &Context) -> Self {
        let mut seen = BTreeMap::new();
        let branches = fan_out(graph, node.id(), context).map(|edge| {
            let count = seen.entry(edge.to().clone()).or_insert(0_u32);
            *count += 1;
            let id = match *count {
                1 => edge.to().to_string(),
                // No node id has a dash, so this is no other branch's id.
                more => format!("{}-{more}", edge.to()),
            };
            Branch {
                id,
                edge: edge.index(),
                state: BranchState::Waiting,
            }
        });
        Self {
            branches: branches.collect(),
            stage,
            policy: JoinPolicy::of(node),
            max_parallel: max_parallel(node),
            stopped: None,
        }
    }

    pub(super) fn results(&self) -> impl Iterator<Item = (&str, &BranchResult)> {
        self.branches
            .iter()
            .filter_map(|branch| match &branch.state {
                BranchState::Done(result) => Some((branch.id.as_str(), &**result)),
                _ => None,
            })
    }

    pub(super) fn is_done(&self) -> bool {
        let done = |branch: &Branch| matches!(branch.state, BranchState::Done(_));
        self.branches.iter().all(done)
    }

    pub(super) fn running(&self) -> usize {
        let running = |branch: &&Branch| matches!(branch.state, BranchState::Running(_));
        self.branches.iter().filter(running).count()
    }

    fn count(&self, status: StageStatus) -> usize {
        self.results()
            .filter(|(_, result)| result.outcome.status == status)
            .count()
    }

    pub(super) fn success_count(&self) -> usize {
        self.count(StageStatus::Success)
    }

    pub(super) fn failure_count(&self) -> usize {
        self.count(StageStatus::Fail)
    }

    /// How the parallel node ends, with what later stages get to see.
    ///
    /// Source: attractor-spec 4.8.
    pub(super) fn outcome(&self) -> Outcome {
        let (good, bad) = (self.success_count(), self.failure_count());
        let notes = format!("{good} of {} branches succeeded", self.branches.len());
        let partial = self.count(StageStatus::PartialSuccess) > 0;
        let outcome = match (self.policy, self.stopped) {
            (_, Some(Stop::TimedOut)) => Outcome::fail(format!("timed out: {notes}")),
            (JoinPolicy::WaitAll, _) if bad == 0 => Outcome::success(),
            (JoinPolicy::FirstSuccess, _) if good > 0 => Outcome::success(),
            (JoinPolicy::FirstSuccess, _) if !partial => {
                Outcome::fail(format!("no branch succeeded: {}", self.reasons()))
            }
            _ => Outcome::new(StageStatus::PartialSuccess),
        };
        let mut outcome = outcome
            .with_notes(notes)
            .with_update("parallel.success_count", good)
            .with_update("parallel.fail_count", bad);
        let mut entries = Vec::new();
        for (id, result) in self.results() {
            let key = format!("parallel.branch.{id}.status");
            outcome = outcome.with_update(key, result.outcome.status.as_str());
            entries.push(result.entry(id));
        }
        outcome.with_update("parallel.results", entries)
    }

    fn reasons(&self) -> String {
        let reasons = self.results().filter_map(|(id, result)| {
            let reason = result.outcome.failure_reason.as_deref()?;
            let reason = truncate(reason, FAN_IN_REASON_CHARACTERS);
            Some(format!("{id}: {reason}"))
        });
        reasons.take(FAN_IN_REASONS).collect::<Vec<_>>().join("; ")
    }

    /// Where the run goes on: at the fan-in that branches have come to, the successful ones
    /// first; else, if one was cut short, at the one they would have come to; else at the exit if
    /// one came there; else nowhere.
    pub(super) fn onward(&self, join: Option<&NodeId>) -> Option<NodeId> {
        let reached = |end: BranchEnd, good: bool| {
            let mut ended = self
                .results()
                .filter(move |(_, result)| result.end == end)
                .filter(move |(_, result)| !good || result.outcome.status.is_success());
            ended.find_map(|(_, result)| result.reached.clone())
        };
        let cut = |(_, result): (&str, &BranchResult)| {
            matches!(result.end, BranchEnd::Failed | BranchEnd::Cancelled)
        };
        reached(BranchEnd::FanIn, true)
            .or_else(|| reached(BranchEnd::FanIn, false))
            .or_else(|| join.filter(|_| self.results().any(cut)).cloned())
            .or_else(|| reached(BranchEnd::Exit, false))
    }
}

impl BranchResult {
    /// A branch that was stopped or never begun.
    pub(super) fn cancelled_outcome() -> Outcome {
        let mut outcome = Outcome::skipped().with_notes("cancelled");
        outcome.word = Some("cancelled".to_owned());
        outcome
    }

    /// One entry of `parallel.results`.
    fn entry(&self, id: &str) -> Value {
        let outcome = &self.outcome;
        let notes = outcome.failure_reason.as_deref().unwrap_or(&outcome.notes);
        json!({
            "id": id,
            "status": outcome.status,
            "outcome": outcome.word(),
            "score": score(&self.updates),
            "notes": notes,
            "context_updates": self.updates,
        })
    }
}

/// What a branch says it's worth: the number its stages left under the key `score`.
fn score(updates: &BTreeMap<String, Value>) -> Value {
    match updates.get("score") {
        Some(Value::Number(number)) => Value::Number(number.clone()),
        Some(Value::String(text)) => text
            .trim()
            .parse()
            .map_or(0.into(), |score: f64| score.into()),
        _ => 0.into(),
    }
}

/// What of a stage's context updates leaves its branch: not what a nested parallel node keeps.
pub(super) fn leaves_branch(key: &str) -> bool {
    !key.starts_with("parallel.")
}

/// The edges that a parallel node fans out to: all but those whose condition doesn't hold for a
/// node that hasn't failed.
pub(super) fn fan_out<'a>(
    graph: &'a Graph,
    node: &NodeId,
    context: &'a Context,
) -> impl Iterator<Item = &'a Edge> {
    let going_well = Outcome::success();
    graph
        .outgoing(node)
        .filter(move |edge| holds(edge, &going_well, context))
}

/// Why a parallel node can't fan out, if it can't.
pub(super) fn refusal(
    graph: &Graph,
    stage: &StageKey,
    depth: usize,
    context: &Context,
) -> Option<String> {
    let node = &stage.node;
    let count = fan_out(graph, node, context).count();
    if count == 0 {
        return Some(format!("{node} has no branch to execute"));
    }
    if count > MAX_BRANCHES {
        return Some(format!(
            "{node} has {count} branches, more than {MAX_BRANCHES}"
        ));
    }
    (depth >= MAX_PARALLEL_DEPTH)
        .then(|| format!("{node} is nested deeper than {MAX_PARALLEL_DEPTH} parallel nodes"))
}

/// The fan-ins that the branches of a parallel node can come to first, the nearest one first.
/// Fan-ins of parallel nodes on the way are passed.
pub(crate) fn fan_ins(graph: &Graph, node: &NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([(node.clone(), 0)]);
    let mut queue = VecDeque::from([(node.clone(), 0)]);
    while let Some((from, depth)) = queue.pop_front() {
        for edge in graph.outgoing(&from) {
            let Some(to) = graph.node(edge.to()) else {
                continue;
            };
            let deeper = match graph.resolved_type(to) {
                FAN_IN if depth == 0 => {
                    if !found.contains(to.id()) {
                        found.push(to.id().clone());
                    }
                    continue;
                }
                FAN_IN => depth - 1,
                PARALLEL if depth < MAX_PARALLEL_DEPTH => depth + 1,
                _ => depth,
            };
            if seen.insert((to.id().clone(), deeper)) {
                queue.push_back((to.id().clone(), deeper));
            }
        }
    }
    found
}

/// Whether a context has the result of a branch that a fan-in could choose.
pub(super) fn has_candidate(context: &Context) -> bool {
    let results = context.get("parallel.results").and_then(Value::as_array);
    let good = |result: &Value| {
        let status = result.get("status").and_then(Value::as_str);
        let status = status.and_then(StageStatus::from_word);
        status.is_some_and(StageStatus::is_success)
    };
    results.is_some_and(|results| results.iter().any(good))
}

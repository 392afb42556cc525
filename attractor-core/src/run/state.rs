use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::graph::NodeId;
use crate::interviewer::Question;
use crate::state::{Context, Outcome};

use super::branch::{BranchKey, BranchPath};
use super::budget::{BudgetLimits, LimitReached};
use super::child::ChildState;
use super::history::History;
use super::parallel::{Block, BranchState};
use super::step::StageKey;
use super::usage::UsageTotals;

/// What a run knows apart from where it is: what all of its branches share. Only `Run::apply`
/// changes it, and only by events.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shared {
    pub(super) run_id: String,
    pub(super) graph_hash: String,
    pub(super) seed: u64,
    pub(super) params: BTreeMap<String, serde_json::Value>,
    /// What the caller allows the run to use.
    pub(super) limits: BudgetLimits,
    /// The limit at which the run was paused, until it's resumed.
    pub(super) paused: Option<LimitReached>,
    pub(super) last_completed: Option<NodeId>,
    /// Visits of each node since the last restart.
    pub(super) visits: BTreeMap<NodeId, u32>,
    /// Visits of all nodes in the whole run.
    pub(super) steps: u64,
    /// The same when the run started over last.
    pub(super) steps_before_restart: u64,
    pub(super) completed: u64,
    pub(super) completed_at_checkpoint: u64,
    pub(super) usage: UsageTotals,
    /// Ids of the artifacts.
    pub(super) artifacts: BTreeSet<String>,
}

/// Where the run or one of its branches is, and what it knows there. Only `Run::apply` changes
/// it, and only by events.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WalkState {
    pub(super) phase: Phase,
    /// What only a branch has.
    pub(super) branch: Option<Box<BranchBase>>,
    pub(super) context: Context,
    pub(super) history: History,
    /// Outcome of the last stage that did work: what conditional nodes route on.
    pub(super) last_work: Option<Outcome>,
    /// Attempts at each node since the last restart.
    pub(super) executions: BTreeMap<NodeId, u32>,
    /// Retries of each node in its present visit.
    pub(super) retries: BTreeMap<NodeId, u32>,
    pub(super) restarts: u32,
    pub(super) redirects: u32,
    /// Where the walk came from on its way to the present node.
    pub(super) previous: Option<NodeId>,
    pub(super) incoming_edge: Option<usize>,
    /// Set by a resume, and at the begin of a branch, until the first stage with a model session
    /// has been executed.
    pub(super) resumed: bool,
    pub(super) pending_question: Option<Question>,
    /// The child run of the present stage, or of the stage that is to be tried again.
    pub(super) child: Option<ChildState>,
    /// Whether the present stage goes on with the child run of the attempt before, because the
    /// run had failed there and was resumed.
    pub(super) continues: bool,
    /// Where to go on after the parallel node that is being left.
    pub(super) onward: Option<NodeId>,
}

/// What only the walk of a branch has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BranchBase {
    pub(super) key: Arc<BranchKey>,
    /// The context it begins with.
    pub(super) context: Context,
    /// Visits of each node since the branch began, or started over.
    pub(super) visits: BTreeMap<NodeId, u32>,
    /// Outcome of its last stage that did work.
    pub(super) outcome: Option<Outcome>,
    /// What its stages changed in the context.
    pub(super) updates: BTreeMap<String, serde_json::Value>,
}

/// Where a run is: the one enum that says what comes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Nothing has happened.
    New,
    /// At a node whose visit hasn't been checked against the limits yet.
    Arriving(NodeId),
    /// At the fan-in of a parallel node that is done, likewise; unlike any other, this fan-in
    /// is executed by a branch too.
    Joined(NodeId),
    /// An attempt is to be made after a delay; `again` if it had begun before a crash.
    Ready {
        stage: StageKey,
        delay_ms: u64,
        again: bool,
    },
    /// An attempt has begun.
    Executing(StageKey),
    /// An attempt has failed and another one follows; holds the failed one.
    Retrying(StageKey),
    /// The branches of a parallel node are being executed.
    Parallel(Box<Block>),
    /// They have ended, and with this outcome their node is done.
    Joining {
        stage: StageKey,
        outcome: Box<Outcome>,
    },
    /// A node is done and the way on is to be found. `transparent` if the node only routes: then
    /// the outcome is that of the last stage that did work.
    Leaving {
        node: NodeId,
        outcome: Outcome,
        transparent: bool,
    },
    /// The end was reached while the goal gate of `gate` isn't satisfied.
    TurnedBack { from: NodeId, gate: NodeId },
    /// A `loop_restart` edge was followed to this node.
    Restarting(NodeId),
    /// The run is over; `before` is where it was.
    Ended { ending: Ending, before: Box<Phase> },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a run either succeeds or fails")]
pub enum Ending {
    /// The exit was reached and every goal gate is satisfied.
    Success,
    /// The run failed.
    Failure {
        /// Why.
        error: String,
        /// The node at which it ended.
        node: Option<NodeId>,
    },
}

impl Shared {
    pub(super) fn visits(&self, node: &NodeId) -> u32 {
        self.visits.get(node).copied().unwrap_or(0)
    }
}

impl WalkState {
    pub(super) fn new(phase: Phase) -> Self {
        Self {
            phase,
            branch: None,
            context: Context::new(),
            history: History::default(),
            last_work: None,
            executions: BTreeMap::new(),
            retries: BTreeMap::new(),
            restarts: 0,
            redirects: 0,
            previous: None,
            incoming_edge: None,
            resumed: false,
            pending_question: None,
            child: None,
            continues: false,
            onward: None,
        }
    }

    /// The walk of a branch that begins at the end of an edge.
    pub(super) fn branch(&self, key: BranchKey, edge: usize, to: NodeId) -> Self {
        let base = BranchBase {
            context: self.context.clone(),
            visits: BTreeMap::new(),
            outcome: None,
            updates: BTreeMap::new(),
            key: Arc::new(key),
        };
        Self {
            context: self.context.clone(),
            history: self.history.branch(),
            last_work: self.last_work.clone(),
            previous: Some(base.key.stage.node.clone()),
            incoming_edge: Some(edge),
            // Its sessions are its own, so there is none yet to go on with.
            resumed: true,
            branch: Some(Box::new(base)),
            ..Self::new(Phase::Arriving(to))
        }
    }

    /// The walk that a path from here leads to: this one, or that of a branch that is running.
    pub(super) fn at(&self, path: Option<&BranchPath>) -> Option<&Self> {
        let Some(path) = path else { return Some(self) };
        let mut walk = self;
        for (node, id) in path.steps() {
            let Phase::Parallel(block) = &walk.phase else {
                return None;
            };
            let mut branches = block.branches.iter();
            let branch = branches.find(|branch| branch.id == id && block.stage.node == node)?;
            let BranchState::Running(next) = &branch.state else {
                return None;
            };
            walk = next;
        }
        Some(walk)
    }

    /// The same to change it.
    pub(super) fn at_mut(&mut self, path: Option<&BranchPath>) -> Option<&mut Self> {
        let Some(path) = path else { return Some(self) };
        let mut walk = self;
        for (node, id) in path.steps() {
            let Phase::Parallel(block) = &mut walk.phase else {
                return None;
            };
            let stage = &block.stage;
            let mut branches = block.branches.iter_mut();
            let branch = branches.find(|branch| branch.id == id && stage.node == node)?;
            let BranchState::Running(next) = &mut branch.state else {
                return None;
            };
            walk = next;
        }
        Some(walk)
    }

    /// The branches that are running in this walk's parallel node.
    pub(super) fn running(&self) -> impl Iterator<Item = &Self> {
        let block = match &self.phase {
            Phase::Parallel(block) => Some(block),
            _ => None,
        };
        let branches = block.into_iter().flat_map(|block| &block.branches);
        branches.filter_map(|branch| match &branch.state {
            BranchState::Running(walk) => Some(&**walk),
            _ => None,
        })
    }

    pub(super) fn path(&self) -> Option<&BranchPath> {
        self.branch.as_ref().map(|base| &base.key.path)
    }
}

impl Phase {
    /// The node that the walk is at or on its way to, if it's at one.
    pub(super) fn node(&self) -> Option<&NodeId> {
        match self {
            Self::New | Self::Ended { .. } => None,
            Self::Arriving(node) | Self::Joined(node) | Self::Restarting(node) => Some(node),
            Self::Ready { stage, .. }
            | Self::Executing(stage)
            | Self::Retrying(stage)
            | Self::Joining { stage, .. } => Some(&stage.node),
            Self::Parallel(block) => Some(&block.stage.node),
            Self::Leaving { node, .. } | Self::TurnedBack { from: node, .. } => Some(node),
        }
    }

    /// The phase in words, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::New => "not started".to_owned(),
            Self::Arriving(node) | Self::Joined(node) | Self::Restarting(node) => {
                format!("on its way to {node}")
            }
            Self::Ready { stage, .. } => format!("about to execute {}", stage.node),
            Self::Executing(stage) => format!("executing {}", stage.node),
            Self::Retrying(stage) => format!("about to retry {}", stage.node),
            Self::Parallel(block) => format!("executing the branches of {}", block.stage.node),
            Self::Joining { stage, .. } => format!("done with the branches of {}", stage.node),
            Self::Leaving { node, .. } => format!("leaving {node}"),
            Self::TurnedBack { gate, .. } => format!("turned back by goal gate {gate}"),
            Self::Ended { .. } => "over".to_owned(),
        }
    }
}

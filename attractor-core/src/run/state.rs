use std::collections::BTreeMap;

use crate::graph::NodeId;
use crate::interviewer::Question;
use crate::state::{Context, Outcome, StageStatus};

use super::history::History;
use super::step::StageKey;
use super::usage::UsageTotals;

/// Everything a run knows. Only `Run::apply` changes it, and only by events.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) run_id: String,
    pub(super) graph_hash: String,
    pub(super) seed: u64,
    pub(super) params: BTreeMap<String, serde_json::Value>,
    pub(super) max_cost_micro_usd: Option<u64>,
    pub(super) context: Context,
    pub(super) history: History,
    /// Outcome of the last stage that did work: what conditional nodes route on.
    pub(super) last_work: Option<Outcome>,
    pub(super) last_completed: Option<NodeId>,
    /// Visits of each node since the last restart.
    pub(super) visits: BTreeMap<NodeId, u32>,
    /// Attempts at each node since the last restart.
    pub(super) executions: BTreeMap<NodeId, u32>,
    /// Retries of each node in its present visit.
    pub(super) retries: BTreeMap<NodeId, u32>,
    /// Visits of all nodes in the whole run.
    pub(super) steps: u64,
    /// The same when the run started over last.
    pub(super) steps_before_restart: u64,
    pub(super) restarts: u32,
    pub(super) redirects: u32,
    /// Where the run came from on its way to the present node.
    pub(super) previous: Option<NodeId>,
    pub(super) incoming_edge: Option<usize>,
    /// Set by a resume until the first stage with a model session has been executed.
    pub(super) resumed: bool,
    pub(super) completed: u64,
    pub(super) completed_at_checkpoint: u64,
    pub(super) usage: UsageTotals,
    pub(super) pending_question: Option<(NodeId, Question)>,
}

/// Where a run is: the one enum that says what comes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Nothing has happened.
    New,
    /// At a node whose visit hasn't been checked against the limits yet.
    Arriving(NodeId),
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

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::New,
            run_id: String::new(),
            graph_hash: String::new(),
            seed: 0,
            params: BTreeMap::new(),
            max_cost_micro_usd: None,
            context: Context::new(),
            history: History::default(),
            last_work: None,
            last_completed: None,
            visits: BTreeMap::new(),
            executions: BTreeMap::new(),
            retries: BTreeMap::new(),
            steps: 0,
            steps_before_restart: 0,
            restarts: 0,
            redirects: 0,
            previous: None,
            incoming_edge: None,
            resumed: false,
            completed: 0,
            completed_at_checkpoint: 0,
            usage: UsageTotals::default(),
            pending_question: None,
        }
    }

    pub(super) fn visits(&self, node: &NodeId) -> u32 {
        self.visits.get(node).copied().unwrap_or(0)
    }

    /// The first attempt of the next visit of a node.
    pub(super) fn next_visit(&self, node: &NodeId) -> StageKey {
        StageKey {
            node: node.clone(),
            index: self.steps + 1,
            visit: self.visits(node) + 1,
            attempt: 1,
            execution: self.executions.get(node).copied().unwrap_or(0) + 1,
            restart: self.restarts,
        }
    }

    /// Whether the models have used up more than the run may cost.
    pub(super) fn over_budget(&self) -> bool {
        self.max_cost_micro_usd
            .is_some_and(|limit| self.usage.cost_micro_usd > limit)
    }
}

impl Phase {
    /// Where a run that failed here goes on when it's resumed: the stage that failed is tried
    /// again, and everything that succeeded stands.
    pub(super) fn after_failure(&self) -> Self {
        match self {
            Self::Leaving { node, outcome, .. } if outcome.status == StageStatus::Fail => {
                Self::Arriving(node.clone())
            }
            Self::TurnedBack { gate, .. } => Self::Arriving(gate.clone()),
            standing => standing.clone(),
        }
    }

    /// The phase in words, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::New => "not started".to_owned(),
            Self::Arriving(node) | Self::Restarting(node) => format!("on its way to {node}"),
            Self::Ready { stage, .. } => format!("about to execute {}", stage.node),
            Self::Executing(stage) => format!("executing {}", stage.node),
            Self::Retrying(stage) => format!("about to retry {}", stage.node),
            Self::Leaving { node, .. } => format!("leaving {node}"),
            Self::TurnedBack { gate, .. } => format!("turned back by goal gate {gate}"),
            Self::Ended { .. } => "over".to_owned(),
        }
    }
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::NodeId;
use crate::handler::StageProgress;
use crate::state::Outcome;

use super::budget::{BudgetLimits, LimitReached};
use super::commit::Commit;
use super::parallel::{BranchEnd, JoinPolicy};
use super::rule::{EdgeRule, JumpReason};
use super::usage::UsageTotals;

/// Something that happened in a run.
///
/// Events are the only way a run's state changes: applying a journal's events in order to a new
/// `Run` gives the state the run had when the journal ended.
///
/// Serialized with the tag `event` in snake case; what a stage reports while it works
/// ([`StageProgress`]) is flattened into the same form with the stage's `node`.
///
/// Source: attractor-spec 9.6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunEvent {
    /// The run begins.
    RunStarted {
        /// The run.
        run_id: String,
        /// Name of the graph.
        name: String,
        /// Goal of the graph.
        goal: String,
        /// Hash of the pipeline's source text.
        graph_hash: String,
        /// Seed of the retry jitter.
        seed: u64,
        /// Keys and values the caller put into the context.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        params: BTreeMap<String, Value>,
        /// What the caller allows the run to use; the graph's attributes may say more.
        #[serde(flatten)]
        limits: BudgetLimits,
    },
    /// A process goes on with a run that an earlier process left unfinished.
    RunResumed {
        /// Hash of the pipeline's source text.
        graph_hash: String,
        /// Whether that isn't the pipeline the run had before.
        #[serde(default)]
        graph_changed: bool,
        /// Whether what had failed is tried again within its visit; not so in early journals.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        same_visit: bool,
        /// The limits that the caller has changed.
        #[serde(flatten)]
        limits: BudgetLimits,
    },
    /// The process stops before the run's end; the run can be resumed.
    RunInterrupted {
        /// Why.
        reason: String,
    },
    /// A limit of the run's budget stands against going on; the run can be resumed once it's
    /// raised.
    RunPaused {
        /// Which limit, what was used, and how much there was.
        #[serde(flatten)]
        reached: LimitReached,
        /// The node at which the run was paused.
        node: NodeId,
    },
    /// A node is executed.
    StageStarted {
        /// The node.
        node: NodeId,
        /// Number of the visit among all visits of the run, from 1.
        index: u64,
        /// Number of the visit among the node's visits, from 1.
        visit: u32,
        /// Number of the attempt in this visit, from 1.
        attempt: u32,
        /// Type of the handler.
        handler: String,
    },
    /// A node was executed and needs no further attempt.
    StageCompleted {
        /// The node.
        node: NodeId,
        /// Number of the visit among all visits of the run.
        index: u64,
        /// Number of the attempt.
        attempt: u32,
        /// How it ended.
        outcome: Outcome,
        /// How long the attempt took.
        duration_ms: u64,
    },
    /// An attempt failed.
    StageFailed {
        /// The node.
        node: NodeId,
        /// Number of the visit among all visits of the run.
        index: u64,
        /// Number of the attempt.
        attempt: u32,
        /// How it ended.
        outcome: Outcome,
        /// Why it failed.
        error: String,
        /// Whether another attempt follows.
        will_retry: bool,
        /// How long the attempt took.
        duration_ms: u64,
    },
    /// Another attempt will be made after a delay.
    StageRetrying {
        /// The node.
        node: NodeId,
        /// Number of the visit among all visits of the run.
        index: u64,
        /// Number of the attempt to come.
        attempt: u32,
        /// How long to wait before it.
        delay_ms: u64,
    },
    /// A parallel node fans out.
    ParallelStarted {
        /// The node.
        node: NodeId,
        /// Number of the visit among all visits of the run.
        index: u64,
        /// Number of the attempt.
        attempt: u32,
        /// How many branches there are.
        branch_count: usize,
        /// How many of them run at a time.
        max_parallel: usize,
        /// When the node is done.
        join_policy: JoinPolicy,
        /// What the node's own handler changes in the context.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        context_updates: BTreeMap<String, Value>,
    },
    /// A branch begins. Recorded in the branch, as everything that happens there.
    ParallelBranchStarted {
        /// The parallel node.
        node: NodeId,
        /// Id of the branch: the node it begins at, with a number where several begin there.
        id: String,
        /// Number of the branch in source order, from 1.
        index: usize,
        /// The node it begins at.
        to: NodeId,
        /// Position of the edge in the graph's source order, from 0.
        edge: usize,
    },
    /// A branch has ended.
    ParallelBranchCompleted {
        /// The parallel node.
        node: NodeId,
        /// Id of the branch.
        id: String,
        /// Number of the branch in source order, from 1.
        index: usize,
        /// How it ended.
        end: BranchEnd,
        /// The fan-in or the exit that it came to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reached: Option<NodeId>,
        /// Whether it has succeeded, at least partly.
        success: bool,
        /// The outcome of its last stage that did work.
        outcome: Outcome,
        /// How long the executing process worked on it.
        duration_ms: u64,
    },
    /// The time of a parallel node is up; its branches are stopped.
    ParallelTimedOut {
        /// The parallel node.
        node: NodeId,
        /// How long the executing process worked on it.
        duration_ms: u64,
    },
    /// All branches of a parallel node have ended.
    ParallelCompleted {
        /// The parallel node.
        node: NodeId,
        /// Branches that have succeeded.
        success_count: usize,
        /// Branches that have failed.
        failure_count: usize,
        /// How long the executing process worked on them.
        duration_ms: u64,
    },
    /// The run follows an edge.
    EdgeSelected {
        /// Where it starts.
        from: NodeId,
        /// Where it ends.
        to: NodeId,
        /// Position of the edge in the graph's source order, from 0.
        edge: usize,
        /// Which rule chose it.
        rule: EdgeRule,
        /// Label of the edge.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        label: String,
        /// Condition of the edge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
    },
    /// The run goes on at a node without following an edge.
    Jumped {
        /// Where it was.
        from: NodeId,
        /// Where it goes on.
        to: NodeId,
        /// Why.
        reason: JumpReason,
    },
    /// The run reached its end while a goal gate isn't satisfied.
    GoalGateUnsatisfied {
        /// The node with the goal gate.
        node: NodeId,
        /// The word of its last outcome.
        outcome: String,
        /// How often the run was turned back from its end, this time included.
        redirect: u32,
    },
    /// The run starts over because of a `loop_restart` edge.
    LoopRestarted {
        /// Where it starts.
        node: NodeId,
        /// How often it did so, this time included.
        restart: u32,
    },
    /// A snapshot of the run was stored.
    CheckpointSaved {
        /// The node that was completed last.
        node: NodeId,
    },
    /// The files of a walk were committed, in git mode.
    CommitCreated {
        /// The commit.
        #[serde(flatten)]
        commit: Commit,
    },
    /// The run was put back to where it was before a visit of a node; what came after is kept
    /// aside.
    RunRewound {
        /// The node, which comes next.
        node: NodeId,
        /// Number of the visit, over the whole run.
        visit: u32,
        /// Where the journal up to here, with what came after, is kept in the run directory.
        kept: String,
        /// What the models used in what is thrown away: it stays paid for.
        #[serde(default)]
        spent: UsageTotals,
    },
    /// The run is a copy of another one, up to a visit of a node.
    RunForked {
        /// The other run.
        run_id: String,
        /// The node, which comes next.
        node: NodeId,
        /// Number of the visit, over the whole run.
        visit: u32,
    },
    /// The run ended in success.
    RunCompleted {
        /// How long the executing process worked on it.
        duration_ms: u64,
        /// How many artifacts it has left.
        #[serde(default, skip_serializing_if = "is_zero")]
        artifact_count: usize,
    },
    /// The run ended in failure.
    RunFailed {
        /// Why.
        error: String,
        /// The node at which it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeId>,
        /// How long the executing process worked on it.
        duration_ms: u64,
    },
    /// What a stage reports while it works.
    #[serde(untagged)]
    Progress {
        /// The node.
        node: NodeId,
        /// The report.
        #[serde(flatten)]
        progress: StageProgress,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl RunEvent {
    /// The node the event is about, if it's about one.
    pub fn node(&self) -> Option<&NodeId> {
        match self {
            Self::StageStarted { node, .. }
            | Self::StageCompleted { node, .. }
            | Self::StageFailed { node, .. }
            | Self::StageRetrying { node, .. }
            | Self::GoalGateUnsatisfied { node, .. }
            | Self::LoopRestarted { node, .. }
            | Self::CheckpointSaved { node }
            | Self::RunPaused { node, .. }
            | Self::ParallelStarted { node, .. }
            | Self::ParallelBranchStarted { node, .. }
            | Self::ParallelBranchCompleted { node, .. }
            | Self::ParallelTimedOut { node, .. }
            | Self::ParallelCompleted { node, .. }
            | Self::RunRewound { node, .. }
            | Self::RunForked { node, .. }
            | Self::Progress { node, .. } => Some(node),
            Self::EdgeSelected { from, .. } | Self::Jumped { from, .. } => Some(from),
            Self::RunFailed { node, .. } => node.as_ref(),
            Self::CommitCreated { commit } => commit.node.as_ref(),
            Self::RunStarted { .. }
            | Self::RunResumed { .. }
            | Self::RunInterrupted { .. }
            | Self::RunCompleted { .. } => None,
        }
    }

    /// The same event with this duration, if it has one.
    #[must_use]
    pub fn lasting(mut self, milliseconds: u64) -> Self {
        match &mut self {
            Self::StageCompleted { duration_ms, .. }
            | Self::StageFailed { duration_ms, .. }
            | Self::ParallelBranchCompleted { duration_ms, .. }
            | Self::ParallelTimedOut { duration_ms, .. }
            | Self::ParallelCompleted { duration_ms, .. }
            | Self::RunCompleted { duration_ms, .. }
            | Self::RunFailed { duration_ms, .. } => *duration_ms = milliseconds,
            _ => {}
        }
        self
    }

    /// How long what it ends took, if it ends something.
    fn duration_ms(&self) -> Option<u64> {
        match self {
            Self::StageCompleted { duration_ms, .. }
            | Self::StageFailed { duration_ms, .. }
            | Self::ParallelBranchCompleted { duration_ms, .. }
            | Self::ParallelTimedOut { duration_ms, .. }
            | Self::ParallelCompleted { duration_ms, .. }
            | Self::RunCompleted { duration_ms, .. }
            | Self::RunFailed { duration_ms, .. } => Some(*duration_ms),
            _ => None,
        }
    }

    /// Whether this is `decision`, however long it took.
    pub(super) fn is_timed(&self, decision: Self) -> bool {
        decision.lasting(self.duration_ms().unwrap_or(0)) == *self
    }

    /// The event's name in the journal, for example `stage_started`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::RunResumed { .. } => "run_resumed",
            Self::RunInterrupted { .. } => "run_interrupted",
            Self::RunPaused { .. } => "run_paused",
            Self::StageStarted { .. } => "stage_started",
            Self::StageCompleted { .. } => "stage_completed",
            Self::StageFailed { .. } => "stage_failed",
            Self::StageRetrying { .. } => "stage_retrying",
            Self::ParallelStarted { .. } => "parallel_started",
            Self::ParallelBranchStarted { .. } => "parallel_branch_started",
            Self::ParallelBranchCompleted { .. } => "parallel_branch_completed",
            Self::ParallelTimedOut { .. } => "parallel_timed_out",
            Self::ParallelCompleted { .. } => "parallel_completed",
            Self::EdgeSelected { .. } => "edge_selected",
            Self::Jumped { .. } => "jumped",
            Self::GoalGateUnsatisfied { .. } => "goal_gate_unsatisfied",
            Self::LoopRestarted { .. } => "loop_restarted",
            Self::CheckpointSaved { .. } => "checkpoint_saved",
            Self::CommitCreated { .. } => "commit_created",
            Self::RunRewound { .. } => "run_rewound",
            Self::RunForked { .. } => "run_forked",
            Self::RunCompleted { .. } => "run_completed",
            Self::RunFailed { .. } => "run_failed",
            Self::Progress { progress, .. } => progress.name(),
        }
    }
}

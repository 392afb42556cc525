//! Why a run went the way it went: each hop of its journal, with what decided it; pure.

mod candidate;
mod fold;
mod way;

use serde::{Serialize, Serializer};

use crate::graph::NodeId;
use crate::state::{Outcome, StageStatus};

use super::branch::BranchPath;
use super::rule::{EdgeRule, JumpReason};

pub use self::candidate::Candidate;

/// One hop of a run: from a node to the next, or to the end.
///
/// Everything in it is computed again from the journal and the graph: the state before the hop is
/// replayed, and every edge that could have been followed is judged in it.
///
/// Source: attractor-spec 3.3, 3.4 and 3.7.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Hop {
    /// The journal's entry that records it.
    pub seq: u64,
    /// When it was recorded.
    pub time: String,
    /// The branch it was made in; nothing for the main walk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchPath>,
    /// The node that was left, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NodeId>,
    /// Number of its visit, as the journal counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<u32>,
    /// Number of the attempt that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Where the walk went on, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NodeId>,
    /// What decided it.
    pub rule: HopRule,
    /// The specification's name for the rule.
    pub source: &'static str,
    /// Why, in a sentence.
    pub reason: String,
    /// What the decision was based on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// The edges that could have been followed, in source order.
    pub candidates: Vec<Candidate>,
    /// Whether the pipeline decides the same today; `false` only if it was changed since.
    pub agrees: bool,
}

/// The outcome that a decision was based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// What `outcome` compares with.
    pub outcome: String,
    /// The status.
    pub status: StageStatus,
    /// Which label it prefers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_label: Option<String>,
    /// Which nodes it suggests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggested_next_ids: Vec<String>,
    /// Why the stage failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Whether it's the outcome of an earlier stage, because the node only routes.
    pub inherited: bool,
}

impl Seen {
    fn of(outcome: &Outcome, inherited: bool) -> Self {
        Self {
            outcome: outcome.word().to_owned(),
            status: outcome.status,
            preferred_label: outcome.preferred_label.clone(),
            suggested_next_ids: outcome.suggested_next_ids.clone(),
            failure_reason: outcome.failure_reason.clone(),
            inherited,
        }
    }
}

/// What decided a hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HopRule {
    /// An edge was selected.
    Edge(EdgeRule),
    /// The run went on without an edge.
    Jump(JumpReason),
    /// A parallel node fanned out.
    FanOut,
    /// A branch began.
    BranchStart,
    /// A branch ended.
    BranchEnd,
    /// The run started over.
    LoopRestart,
    /// Another process went on with the run.
    Resume,
    /// The run was put back to an earlier point.
    Rewind,
    /// The run is a copy of another one from here on.
    Fork,
    /// The run ended in success.
    Completed,
    /// The run ended in failure.
    Failed,
}

impl HopRule {
    /// The rule's name, as the journal spells it where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edge(EdgeRule::HumanChoice) => "human_choice",
            Self::Edge(EdgeRule::Condition) => "condition",
            Self::Edge(EdgeRule::PreferredLabel) => "preferred_label",
            Self::Edge(EdgeRule::SuggestedNextId) => "suggested_next_id",
            Self::Edge(EdgeRule::Weight) => "weight",
            Self::Edge(EdgeRule::Lexical) => "lexical",
            Self::Edge(EdgeRule::FailureToConditional) => "failure_to_conditional",
            Self::Jump(JumpReason::RetryTarget) => "retry_target",
            Self::Jump(JumpReason::FallbackRetryTarget) => "fallback_retry_target",
            Self::Jump(JumpReason::GoalGate) => "goal_gate",
            Self::Jump(JumpReason::Joined) => "joined",
            Self::FanOut => "fan_out",
            Self::BranchStart => "branch_start",
            Self::BranchEnd => "branch_end",
            Self::LoopRestart => "loop_restart",
            Self::Resume => "resume",
            Self::Rewind => "rewind",
            Self::Fork => "fork",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Where the specification, or the decision that completes it, has the rule.
    fn source(self, failed: bool) -> &'static str {
        match self {
            Self::Edge(EdgeRule::Condition) if failed => "3.7, step 1: fail edge",
            Self::Edge(EdgeRule::HumanChoice) => "4.6 and 3.3: the person's choice",
            Self::Edge(EdgeRule::Condition) => "3.3, step 1: condition",
            Self::Edge(EdgeRule::PreferredLabel) => "3.3, step 2: preferred label",
            Self::Edge(EdgeRule::SuggestedNextId) => "3.3, step 3: suggested next id",
            Self::Edge(EdgeRule::Weight) => "3.3, step 4: weight",
            Self::Edge(EdgeRule::Lexical) => "3.3, step 5: lexical tiebreak",
            Self::Edge(EdgeRule::FailureToConditional) => "3.7 and 2.13: failure to a conditional",
            Self::Jump(JumpReason::RetryTarget) => "3.7, step 2: retry target",
            Self::Jump(JumpReason::FallbackRetryTarget) => "3.7, step 3: fallback retry target",
            Self::Jump(JumpReason::GoalGate) => "3.4: goal gate",
            Self::Jump(JumpReason::Joined) => "4.8: join",
            Self::FanOut => "4.8: fan-out",
            Self::BranchStart | Self::BranchEnd => "4.8: branch",
            Self::LoopRestart => "2.7: loop restart",
            Self::Resume => "5.3: resume",
            Self::Rewind | Self::Fork => "beyond the specification",
            Self::Completed => "3.2: end",
            Self::Failed => "3.2 and 3.7, step 4: termination",
        }
    }
}

impl Serialize for HopRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

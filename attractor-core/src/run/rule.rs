//! The rules by which a run goes from one node to the next, by name.

use serde::{Deserialize, Serialize};

/// Which rule chose an edge.
///
/// Source: attractor-spec 3.3 and 3.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EdgeRule {
    /// A person chose it at a human gate.
    HumanChoice,
    /// Its condition holds.
    Condition,
    /// Its label is the one the outcome prefers.
    PreferredLabel,
    /// The outcome suggests its target.
    SuggestedNextId,
    /// It has the highest weight.
    Weight,
    /// Its target comes first among edges of equal weight.
    Lexical,
    /// The stage failed and the edge leads to a conditional node, which can tell.
    FailureToConditional,
}

/// Why a run goes on at a node without following an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JumpReason {
    /// The stage failed; this is the `retry_target` of its node.
    RetryTarget,
    /// The stage failed; this is the `fallback_retry_target` of its node.
    FallbackRetryTarget,
    /// A goal gate isn't satisfied.
    GoalGate,
    /// The branches of a parallel node are done; this is where they have come together.
    Joined,
}

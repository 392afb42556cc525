use attractor_core::{NodeId, UsageTotals};
use serde::Serialize;

use super::PipelineId;

/// Where a pipeline is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PipelineState {
    /// This service is executing it.
    Running,
    /// It was stopped before its end, or its process ended: it can be resumed.
    Interrupted,
    /// It reached its end and every goal gate is satisfied.
    Success,
    /// It failed; a resume tries again what failed.
    Fail,
}

/// A pipeline in the list of all.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PipelineSummary {
    /// Its id.
    pub id: PipelineId,
    /// Name of the graph.
    pub name: String,
    /// Goal of the graph.
    pub goal: String,
    /// When it was submitted, RFC 3339 in UTC.
    pub started_at: String,
    /// Where it is in its life.
    pub status: PipelineState,
    /// The number of its last event.
    pub last_event_id: u64,
}

/// A pipeline's status and progress.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PipelineStatus {
    /// What the list has about it.
    #[serde(flatten)]
    pub summary: PipelineSummary,
    /// Why it failed or stopped.
    pub reason: Option<String>,
    /// When its last event happened, RFC 3339 in UTC.
    pub updated_at: Option<String>,
    /// The nodes that are being executed.
    pub current_nodes: Vec<NodeId>,
    /// All completed nodes in order since it started, or started over.
    pub completed_nodes: Vec<NodeId>,
    /// How many questions wait for an answer.
    pub pending_questions: usize,
    /// What its models have used.
    pub usage: UsageTotals,
}

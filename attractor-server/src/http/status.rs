use attractor_core::run::Ending;
use attractor_core::{NodeId, UsageTotals};
use serde::Serialize;

use super::PipelineId;
use super::view::View;

/// Where a pipeline is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PipelineState {
    /// This service is executing it.
    Running,
    /// It was stopped before its end, or its process ended: it can be resumed.
    Interrupted,
    /// It has used up a limit: it can be resumed with a higher one.
    Paused,
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

impl PipelineStatus {
    /// The status of a run in some state, if it is executed here (`live`) or was until it broke off.
    pub(super) fn of(
        id: PipelineId,
        view: &View,
        live: bool,
        broken: Option<String>,
        questions: usize,
    ) -> Self {
        let (state, reason) = match view.ending() {
            Some(Ending::Success) => (PipelineState::Success, None),
            Some(Ending::Failure { error, .. }) if !live => {
                (PipelineState::Fail, Some(error.clone()))
            }
            _ if live => (PipelineState::Running, None),
            _ if view.paused.is_some() => (PipelineState::Paused, view.paused.clone()),
            _ => (
                PipelineState::Interrupted,
                broken.or_else(|| view.interrupted.clone()),
            ),
        };
        Self {
            summary: PipelineSummary {
                id,
                name: view.manifest.name.clone(),
                goal: view.manifest.goal.clone(),
                started_at: view.manifest.started_at.clone(),
                status: state,
                last_event_id: view.seq,
            },
            reason,
            updated_at: view.time.clone(),
            current_nodes: if live { view.executing() } else { Vec::new() },
            completed_nodes: view.run.completed_nodes().to_vec(),
            pending_questions: questions,
            usage: *view.run.usage(),
        }
    }
}

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::Timestamp;

/// The body of `POST events`: entries of the engine's journal, each an event of the run, and pieces
/// that aren't kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventBatch {
    /// The number of the entry before the first of `events`; 0 before the first of all.
    pub after: i64,
    /// The entries `after + 1`, `after + 2`, … in order.
    #[serde(default)]
    pub events: Vec<RunnerEvent>,
    /// Pieces of models' texts and of tools' output, told to those who watch and not stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<Value>,
}

/// An entry of the engine's journal as an event of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunnerEvent {
    /// `Engine…`, by [`event_type_of`](super::event_type_of).
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub ts: Timestamp,
    /// `{runId, nodeId, payload}`; `payload` is the entry, whole.
    pub payload: Value,
    /// What the model's answer that it tells of has cost, in micro-dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<i64>,
}

/// The answer to `POST events`: how far everything is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventsStored {
    /// The number of the last entry of the engine's journal that is stored.
    pub journal_seq: i64,
    /// The number of the run's last event.
    pub last_seq: i64,
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Outcome;
use crate::graph::NodeId;
use crate::run::LimitReached;

/// A snapshot of a run, for people and other programs to read.
///
/// The journal is the truth that a run resumes from; a checkpoint is written from time to time so
/// that the state can be read without replaying it.
///
/// Source: attractor-spec 5.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Version of the file's format.
    pub version: u32,
    /// When the snapshot was taken, RFC 3339.
    pub timestamp: String,
    /// The run.
    pub run_id: String,
    /// Sequence number of the last journal entry in the snapshot.
    pub seq: u64,
    /// The node that was completed last.
    pub current_node: Option<NodeId>,
    /// All completed nodes in order; a node that was visited twice is in it twice.
    pub completed_nodes: Vec<NodeId>,
    /// The last recorded outcome of each node.
    pub node_outcomes: BTreeMap<NodeId, Outcome>,
    /// Retries of each node in its present visit.
    pub node_retries: BTreeMap<NodeId, u32>,
    /// How often each node was visited.
    pub node_visits: BTreeMap<NodeId, u32>,
    /// The completed nodes of each branch of the parallel node that is being executed; they join
    /// the lists above when its branches have come together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<String, Vec<NodeId>>,
    /// The limit at which the run is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<LimitReached>,
    /// The context's keys and values.
    pub context: BTreeMap<String, Value>,
    /// The run log.
    pub logs: Vec<String>,
}

impl Checkpoint {
    /// The format this version of the crate writes.
    pub const VERSION: u32 = 1;
}

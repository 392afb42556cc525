use std::collections::BTreeMap;
use std::sync::Arc;

use crate::graph::NodeId;
use crate::state::Outcome;

/// What a run has done so far: a cheap clone that never changes under its reader.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    completed: Arc<Vec<NodeId>>,
    outcomes: Arc<BTreeMap<NodeId, Outcome>>,
}

impl History {
    /// All completed nodes in order; a node that was visited twice is in it twice.
    pub fn completed_nodes(&self) -> &[NodeId] {
        &self.completed
    }

    /// The last recorded outcome of each node.
    pub fn outcomes(&self) -> &BTreeMap<NodeId, Outcome> {
        &self.outcomes
    }

    /// The last recorded outcome of a node.
    pub fn outcome(&self, node: &NodeId) -> Option<&Outcome> {
        self.outcomes.get(node)
    }

    /// Adds a completed node; a skipped one leaves no outcome.
    #[must_use]
    pub fn with_completed(mut self, node: NodeId, outcome: Option<Outcome>) -> Self {
        self.push(node, outcome);
        self
    }

    pub(crate) fn push(&mut self, node: NodeId, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            Arc::make_mut(&mut self.outcomes).insert(node.clone(), outcome);
        }
        Arc::make_mut(&mut self.completed).push(node);
    }
}

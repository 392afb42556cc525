use std::collections::BTreeMap;
use std::sync::Arc;

use crate::graph::NodeId;
use crate::state::Outcome;

/// What a run, or a branch of it, has done so far: a cheap clone that never changes under its
/// reader.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    before: Option<Arc<History>>,
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

    /// The last recorded outcome of a node, that of the branch before that of the run.
    pub fn outcome(&self, node: &NodeId) -> Option<&Outcome> {
        let before = || self.before.as_ref()?.outcome(node);
        self.outcomes.get(node).or_else(before)
    }

    /// What the run had done before the branch began, if this is the history of a branch. The
    /// lists of this history have only what the branch did.
    pub fn before(&self) -> Option<&Self> {
        self.before.as_deref()
    }

    /// The history of a branch that begins after this.
    #[must_use]
    pub fn branch(&self) -> Self {
        Self {
            before: Some(Arc::new(self.clone())),
            ..Self::default()
        }
    }

    /// Adds a completed node; a skipped one leaves no outcome.
    #[must_use]
    pub fn with_completed(mut self, node: NodeId, outcome: Option<Outcome>) -> Self {
        self.push(node, outcome);
        self
    }

    /// Adds what a branch did.
    pub(crate) fn merge(&mut self, branch: &Self) {
        for node in branch.completed.iter() {
            self.push(node.clone(), branch.outcomes.get(node).cloned());
        }
    }

    pub(crate) fn push(&mut self, node: NodeId, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            Arc::make_mut(&mut self.outcomes).insert(node.clone(), outcome);
        }
        Arc::make_mut(&mut self.completed).push(node);
    }
}

use std::sync::Arc;

use crate::graph::NodeId;

use super::branch::{BranchKey, BranchPath};
use super::budget::LimitReached;
use super::event::RunEvent;

/// What the driver of a run has to do next.
///
/// Complete by definition: a driver has to know what to do with every step.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a driver has to handle every step")]
pub enum Step {
    /// Record [`RunEvent::RunStarted`]: the run is new.
    Start,
    /// Record this decision as it is.
    Record(RunEvent),
    /// Record this decision with how long it took to get there as its `duration_ms`.
    RecordTimed(RunEvent),
    /// Do one of these steps, or any of them at once, each in its branch: either one that only
    /// has to be recorded, or attempts to be executed. An attempt of a branch that isn't listed
    /// any more is to be stopped.
    Branches(Vec<BranchStep>),
    /// Store a snapshot, then record [`RunEvent::CheckpointSaved`] with this node.
    Checkpoint {
        /// The node that was completed last.
        node: NodeId,
    },
    /// Record [`RunEvent::StageRetrying`] with this delay, changed by jitter if asked for.
    Retry {
        /// The attempt to come.
        stage: StageKey,
        /// The delay before it, without jitter.
        delay_ms: u64,
        /// Whether to multiply the delay by a random factor between 0.5 and 1.5.
        jitter: bool,
    },
    /// Wait, record [`RunEvent::StageStarted`], execute the node, and record what
    /// [`Run::judge`](super::Run::judge) makes of its outcome.
    Execute {
        /// What to execute.
        stage: StageKey,
        /// How long to wait before.
        delay_ms: u64,
    },
    /// Record [`RunEvent::RunCompleted`].
    Complete,
    /// Record [`RunEvent::RunFailed`] with this error.
    Fail {
        /// Why.
        error: String,
        /// The node at which the run ends.
        node: Option<NodeId>,
    },
    /// Record [`RunEvent::RunPaused`]: a limit stands against going on.
    Pause {
        /// Which limit.
        reached: LimitReached,
        /// The node that was to be executed.
        node: NodeId,
    },
    /// Nothing: the run has ended, or was paused.
    Finished,
}

/// What to do next in a branch.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BranchStep {
    /// The branch.
    pub branch: BranchPath,
    /// What to do.
    pub step: Step,
}

/// One attempt at executing a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageKey {
    /// The node.
    pub node: NodeId,
    /// Number of the visit among all visits of the run, from 1.
    pub index: u64,
    /// Number of the visit among the node's visits, from 1.
    pub visit: u32,
    /// Number of the attempt in this visit, from 1.
    pub attempt: u32,
    /// Number of the attempt among all attempts at the node, from 1.
    pub execution: u32,
    /// How often the run, or the branch, had started over by then.
    pub restart: u32,
    /// The branch it's in; nothing for the main walk. Visits of the node and attempts are those in
    /// the branch then.
    pub branch: Option<Arc<BranchKey>>,
}

impl StageKey {
    /// The first attempt at the first visit of a node that is the first of its run.
    pub fn first(node: NodeId) -> Self {
        Self {
            node,
            index: 1,
            visit: 1,
            attempt: 1,
            execution: 1,
            restart: 0,
            branch: None,
        }
    }

    /// The branch it's in; nothing for the main walk.
    pub fn branch_path(&self) -> Option<&BranchPath> {
        self.branch.as_ref().map(|branch| &branch.path)
    }

    /// The attempt in the branch `id` of this attempt at a parallel node.
    #[must_use]
    pub fn with_branch(mut self, parallel: Self, id: &str) -> Self {
        let path = BranchPath::new(parallel.branch_path(), &parallel.node, id);
        let stage = parallel;
        self.branch = Some(Arc::new(BranchKey { stage, path }));
        self
    }

    /// The attempt with this number among all attempts at the node.
    #[must_use]
    pub fn with_execution(mut self, execution: u32) -> Self {
        self.execution = execution;
        self
    }

    /// The attempt after the run started over this often.
    #[must_use]
    pub fn with_restart(mut self, restart: u32) -> Self {
        self.restart = restart;
        self
    }
}

use std::path::PathBuf;
use std::time::Duration;

use crate::graph::NodeId;
use crate::run::{LimitReached, UsageTotals};
use crate::state::Context;

/// How the execution of a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a run succeeds, fails, or is stopped or paused"
)]
pub enum RunStatus {
    /// The exit was reached and every goal gate is satisfied.
    Success,
    /// The run failed for good.
    Fail,
    /// The run was cancelled before its end; it can be resumed.
    Cancelled,
    /// A limit of the run's budget stands against going on; once it's raised, the run can be
    /// resumed.
    Paused,
}

/// What the execution of a run led to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunReport {
    /// How it ended.
    pub status: RunStatus,
    /// Why it failed or stopped.
    pub reason: Option<String>,
    /// The limit at which it was paused.
    pub limit_reached: Option<LimitReached>,
    /// The run.
    pub run_id: String,
    /// Where its files are, if it keeps any.
    pub run_dir: Option<PathBuf>,
    /// All completed nodes in order since the run started, or started over.
    pub completed_nodes: Vec<NodeId>,
    /// The context at the end.
    pub context: Context,
    /// What the run's models have used, earlier processes included.
    pub usage: UsageTotals,
    /// Steering messages that no stage has taken.
    pub undelivered: Vec<String>,
    /// How long this process worked on the run.
    pub duration: Duration,
}

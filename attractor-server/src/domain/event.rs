use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{EventId, RunId, Timestamp};

/// Something that happened in a run. Its number is its place: 1, 2, 3, … without a gap.
///
/// Source: contract, 2; `seq` is ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunEvent {
    /// Its id.
    pub id: EventId,
    /// The run.
    pub run_id: RunId,
    /// Its place among the run's events; the `id` of its frame in a stream.
    pub seq: i64,
    /// When it happened.
    pub ts: Timestamp,
    /// What happened: one of [`event_type`], or `Engine` and the name of an event of the engine.
    #[serde(rename = "type")]
    pub kind: String,
    /// What there is to say about it; its fields depend on the type.
    pub payload: Value,
}

/// Something that has happened and gets its number when it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub ts: Timestamp,
    /// What there is to say about it.
    pub payload: Value,
}

impl NewEvent {
    /// An event of now.
    pub fn new(kind: &str, ts: Timestamp, payload: Value) -> Self {
        let kind = kind.to_owned();
        Self { kind, ts, payload }
    }
}

/// The types of events that are about a run as a whole.
///
/// Source: contract, 2.1; those that the contract doesn't have are marked.
pub mod event_type {
    /// It was created.
    pub const QUEUED: &str = "RunQueued";
    /// It was given to a runner.
    pub const DISPATCHED: &str = "RunDispatched";
    /// Its runner has begun.
    pub const STARTED: &str = "RunStarted";
    /// It waits because as many of its project's runs are executed as may.
    pub const DEFERRED_CONCURRENCY: &str = "RunDeferredConcurrency";
    /// It waits because another run writes to its branch.
    pub const DEFERRED_BRANCH_LOCK: &str = "RunDeferredBranchLock";
    /// No runner could be started for it.
    pub const DISPATCH_FAILED: &str = "RunDispatchFailed";
    /// Its runner is gone; it waits for another. Ours.
    pub const RUNNER_LOST: &str = "RunRunnerLost";
    /// It succeeded.
    pub const COMPLETED: &str = "RunCompleted";
    /// It failed.
    pub const FAILED: &str = "RunFailed";
    /// It took longer than it may. Ours.
    pub const TIMED_OUT: &str = "RunTimedOut";
    /// Somebody wants it to stop: its runner is being ended, or stops after what it's doing. Ours.
    pub const STOP_REQUESTED: &str = "RunStopRequested";
    /// It was cancelled.
    pub const CANCELED: &str = "RunCanceled";
    /// It stopped and can go on. Ours.
    pub const PAUSED: &str = "RunPaused";
    /// It goes on. Ours.
    pub const RESUMED: &str = "RunResumed";
    /// It asks a person something.
    pub const QUESTION_PENDING: &str = "HumanQuestionPending";
    /// A person answered.
    pub const QUESTION_ANSWERED: &str = "HumanQuestionAnswered";
    /// Nobody answered in time.
    pub const QUESTION_TIMED_OUT: &str = "HumanQuestionTimedOut";
    /// An artifact was stored. Ours.
    pub const ARTIFACT_STORED: &str = "ArtifactStored";
}

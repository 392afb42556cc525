use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{Error, NewEvent, ProjectId, Run, RunEvent, RunId, Timestamp};

/// How many runs may be executed at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimLimits {
    /// Of all projects.
    pub global: i64,
    /// Of one project that has no limit of its own.
    pub per_project: i64,
}

/// Who has a run, and for how long.
#[derive(Clone, PartialEq, Eq)]
pub struct Lease {
    /// The process that looks after it: one server among several.
    pub owner: String,
    /// How long it holds without a heartbeat.
    pub duration: Duration,
    /// The SHA-256 of the token that the runner is given.
    pub token_hash: Vec<u8>,
}

impl Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease")
            .field("owner", &self.owner)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// The attempt at a run that something comes from. What comes from an older one is refused: a runner
/// that was given up can't change anything any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Fence(pub i64);

/// What a runner is asked to do at its next heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StopRequest {
    /// Stop: the run goes on later.
    Pause,
    /// Stop for good.
    Cancel,
}

/// A run that somebody has a lease on.
#[derive(Clone, Debug, PartialEq)]
pub struct LeasedRun {
    /// The run.
    pub run: Run,
    /// The process that looks after it.
    pub owner: String,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// What its runner is asked to do.
    pub stop: Option<StopRequest>,
    /// The number of the last entry of the engine's journal that was stored for it.
    pub journal_seq: i64,
}

/// Why the oldest run of a project that waits can't be dispatched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deferral {
    /// As many of its project's runs are executed as may.
    Concurrency {
        /// How many are.
        active: i64,
        /// How many may be.
        limit: i64,
    },
    /// Another implementation run writes to its target branch.
    BranchLock {
        /// That run.
        by: RunId,
    },
}

/// Who executes which run.
#[async_trait]
pub trait Leases: Debug + Send + Sync + 'static {
    /// Takes the next run from the queue and gives it the lease: the status becomes `RUNNING`, the
    /// attempt one more, and `RunDispatched` is stored, in one step that no other server can be in at
    /// the same time. `None` if none may be dispatched now.
    ///
    /// Next is the oldest of the project that has the fewest runs under way, among the runs whose time
    /// has come, whose project is below its limit, and on whose target branch no other implementation
    /// run is under way. A run that was dispatched before, or that repeats another one, is for the server
    /// that looked after it, since that has its files; for the others only once it has waited for ten
    /// minutes.
    async fn claim(
        &self,
        lease: &Lease,
        limits: ClaimLimits,
        now: Timestamp,
    ) -> Result<Option<LeasedRun>, Error>;

    /// Runs that wait and for which of the reasons they do, of all projects; the oldest of each.
    async fn deferred(
        &self,
        limits: ClaimLimits,
        now: Timestamp,
    ) -> Result<Vec<(RunId, ProjectId, Deferral)>, Error>;

    /// Stores the event that tells why a run waits, and says which it has become. None, and nothing is
    /// stored, if this is what was told last since it waits: it may be asked for at every look.
    async fn tell_deferral(
        &self,
        run: &RunId,
        deferral: &Deferral,
        event: NewEvent,
    ) -> Result<Option<RunEvent>, Error>;

    /// The run whose runner has this token now, if its attempt is under way.
    async fn run_of_token(&self, token_hash: &[u8]) -> Result<Option<LeasedRun>, Error>;

    /// Makes a lease last until `until`, and says what the runner is asked to do. `Conflict` with the
    /// code `stale_attempt` if the attempt isn't under way any more.
    async fn heartbeat(
        &self,
        run: &RunId,
        fence: Fence,
        until: Timestamp,
    ) -> Result<LeasedRun, Error>;

    /// Runs whose lease is over, of whichever server; at most `limit`.
    async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<LeasedRun>, Error>;

    /// Lets one of those that try, until then, end what is left of the runner of a run whose lease is
    /// over. Whether it may; not if there was a heartbeat meanwhile.
    async fn take_over(
        &self,
        run: &RunId,
        fence: Fence,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, Error>;

    /// Runs that one server looks after.
    async fn leased_by(&self, owner: &str) -> Result<Vec<LeasedRun>, Error>;

    /// Asks a run's runner to stop, and stores the event that tells it in one step. A request to cancel
    /// isn't taken back by one to pause. `Conflict` with the code `run_status` if the run isn't running.
    async fn request_stop(
        &self,
        run: &RunId,
        stop: StopRequest,
        event: NewEvent,
    ) -> Result<Run, Error>;
}

use std::fmt::Debug;

use async_trait::async_trait;

use super::Fence;
use crate::domain::{
    BranchName, BundleId, Error, NewEvent, NewRun, Page, PageRequest, ProjectId, Run, RunId,
    RunStatus, RunType, Timestamp, Transition,
};

/// Which runs a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Those of one project.
    pub project: Option<ProjectId>,
    /// Those in one of these statuses; in any, if there are none.
    pub status: Vec<RunStatus>,
    /// Those of one type.
    pub run_type: Option<RunType>,
    /// Those that write to one branch.
    pub target_branch: Option<BranchName>,
    /// Those that have ended, before this moment.
    pub finished_before: Option<Timestamp>,
}

/// A change of a run's status, and what else changes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happens.
    pub transition: Transition,
    /// When.
    pub at: Timestamp,
    /// The event that tells it; stored in the same step.
    pub event: NewEvent,
    /// Why it failed.
    pub error: Option<String>,
    /// The pull request.
    pub pr_url: Option<String>,
    /// The bundle that it has written.
    pub spec_bundle_id: Option<BundleId>,
    /// The attempt that the change comes from: it happens only if that is the present one.
    pub fence: Option<Fence>,
    /// Not before this moment may it be dispatched again.
    pub not_before: Option<Timestamp>,
}

impl Change {
    /// A change that changes nothing but the status.
    pub fn new(transition: Transition, event: NewEvent) -> Self {
        Self {
            transition,
            at: event.ts,
            event,
            error: None,
            pr_url: None,
            spec_bundle_id: None,
            fence: None,
            not_before: None,
        }
    }
}

/// What a client says so that a request which is sent twice makes one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey<'a> {
    /// Who asks: keys of others don't count.
    pub actor: &'a str,
    /// What the client has made up for the request.
    pub key: &'a str,
    /// What tells this request from another one, such as a hash of its body.
    pub fingerprint: &'a str,
}

/// What runs in one status come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSum {
    /// The status.
    pub status: RunStatus,
    /// How many there are.
    pub runs: i64,
    /// What they have cost, in micro-dollars.
    pub cost_micro_usd: i64,
}

/// The table of runs.
#[async_trait]
pub trait Runs: Debug + Send + Sync + 'static {
    /// Adds a run to the queue, with its first event. With an idempotency key that was used before
    /// by the same actor within a day, nothing is added and the run of then is returned: `Conflict`
    /// with the code `idempotency_key_reused` if that one was asked for differently, which the
    /// fingerprint tells.
    ///
    /// `Conflict` with the code `run_active` and `{"runId": …}` as details if the run is an
    /// implementation run, not forced, and another one of the project with that target branch is
    /// queued, running or paused. Between two that aren't forced a unique index holds this.
    ///
    /// `NotFound` if the project, the attractor, the bundle or the run that it repeats isn't there.
    async fn create_run(
        &self,
        new: NewRun,
        event: NewEvent,
        idempotency: Option<IdempotencyKey<'_>>,
    ) -> Result<Run, Error>;

    /// One run.
    async fn run(&self, id: &RunId) -> Result<Run, Error>;

    /// Runs, newest first.
    async fn runs(&self, filter: &RunFilter, page: &PageRequest) -> Result<Page<Run>, Error>;

    /// The numbers of the last events of some runs; those that aren't there are left out.
    async fn last_events(&self, runs: &[RunId]) -> Result<Vec<(RunId, i64)>, Error>;

    /// Changes a run's status, if [`RunStatus::after`] allows it, and stores the event that tells it,
    /// in one step. The only way to another status, but for [`Leases::claim`](super::Leases::claim).
    ///
    /// `Conflict` with the code `run_status` and `{"status": …}` as details if it may not happen, and
    /// with `stale_attempt` if the fence is an older attempt's. `Conflict` with the code `run_active` if
    /// it is to wait or run again and another one works on its branch by now.
    ///
    /// The run's error becomes the change's, or none; so does the moment before which it isn't
    /// dispatched. Its lease is over. Questions that it has asked are closed if nothing can resume it.
    async fn change_run(&self, id: &RunId, change: Change) -> Result<Run, Error>;

    /// Removes a run that is over, with its events and artifacts' rows. `Conflict` with the code
    /// `run_active` if it isn't over, `bundle_in_use` if a run that isn't over works from its bundle.
    async fn delete_run(&self, id: &RunId) -> Result<(), Error>;

    /// How many runs there are in each status.
    async fn count_runs(&self) -> Result<Vec<(RunStatus, i64)>, Error>;

    /// The runs that were created at a moment or after it, all of them or those of one project: how many
    /// there are in each status, and what they have cost.
    async fn sum_runs(
        &self,
        project: Option<&ProjectId>,
        since: Timestamp,
    ) -> Result<Vec<RunSum>, Error>;
}

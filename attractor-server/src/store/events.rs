use std::fmt::Debug;

use async_trait::async_trait;

use super::Fence;
use crate::domain::{Error, NewEvent, RunEvent, RunId};

/// What a runner's batch of events has become.
#[derive(Clone, Debug, PartialEq)]
pub struct Appended {
    /// The events that are new, with their numbers.
    pub events: Vec<RunEvent>,
    /// The number of the last entry of the engine's journal that is stored now.
    pub journal_seq: i64,
}

/// The table of events. A run's are numbered 1, 2, 3, … in the order in which they were stored.
#[async_trait]
pub trait Events: Debug + Send + Sync + 'static {
    /// Stores events of the server's own.
    async fn append(&self, run: &RunId, events: Vec<NewEvent>) -> Result<Vec<RunEvent>, Error>;

    /// Stores what a runner tells: `events` follow the entry `after` of the engine's journal, each of
    /// them one entry. Those that are stored already are left out, so that a batch may be sent again.
    /// Adds `cost_micro_usd` to what the run has cost, for those that are new.
    ///
    /// `Conflict` with the code `stale_attempt` if the attempt isn't under way any more, and with
    /// `journal_gap` and `{"journalSeq": …}` if entries before them are missing.
    async fn append_from_runner(
        &self,
        run: &RunId,
        fence: Fence,
        after: i64,
        events: Vec<(NewEvent, i64)>,
    ) -> Result<Appended, Error>;

    /// The events after a number, in order, at most `limit`; none if there is no such run.
    async fn events(&self, run: &RunId, after: i64, limit: u32) -> Result<Vec<RunEvent>, Error>;

    /// The last `limit` events up to and without `before`, in order.
    async fn events_before(
        &self,
        run: &RunId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RunEvent>, Error>;

    /// The entries of the engine's journal after a number, as they were told, at most `limit`.
    async fn journal(&self, run: &RunId, after: i64, limit: u32) -> Result<Vec<RunEvent>, Error>;
}

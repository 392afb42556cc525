use std::sync::Arc;
use std::time::Duration;

use super::limits::{GLOBAL_RUNS, LEASE, LOOK, POLL, PROJECT_RUNS};
use crate::bus::EventBus;
use crate::domain::{Clock, SystemClock};
use crate::queue::Queue;
use crate::runner::Runner;
use crate::store::{ClaimLimits, Store};

/// What a dispatcher works with.
#[derive(Clone, Debug)]
pub struct DispatchParts {
    /// Where runs and leases are kept.
    pub store: Arc<dyn Store>,
    /// What says that a run waits.
    pub queue: Arc<dyn Queue>,
    /// What tells those who watch.
    pub bus: Arc<dyn EventBus>,
    /// What executes.
    pub runner: Arc<dyn Runner>,
}

/// How a dispatcher works.
#[derive(Clone, Debug)]
pub struct DispatchConfig {
    pub(super) owner: String,
    pub(super) api_url: String,
    pub(super) limits: ClaimLimits,
    pub(super) lease: Duration,
    pub(super) look: Duration,
    pub(super) poll: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl DispatchConfig {
    /// The dispatcher of one server: `owner` is what the server is called among those of its
    /// database ([`owner_in`](super::owner_in) its data directory); runners are told that the API is at
    /// `api_url`.
    pub fn new(owner: impl Into<String>, api_url: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            api_url: api_url.into(),
            limits: ClaimLimits {
                global: GLOBAL_RUNS,
                per_project: PROJECT_RUNS,
            },
            lease: LEASE,
            look: LOOK,
            poll: POLL,
            clock: Arc::new(SystemClock),
        }
    }

    /// How many runs may be executed at a time; 20, and 5 of a project, unless set.
    #[must_use]
    pub fn limits(mut self, limits: ClaimLimits) -> Self {
        self.limits = limits;
        self
    }

    /// How long a run is kept without a heartbeat; 12 seconds unless set.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often is looked at what runs, and for what waits; 1 and 2 seconds unless set.
    #[must_use]
    pub fn every(mut self, look: Duration, poll: Duration) -> Self {
        (self.look, self.poll) = (look, poll);
        self
    }

    /// What tells the time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

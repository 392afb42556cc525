//! Every limit of the dispatcher, with the reason for the number.

use std::time::Duration;

use crate::runner::GRACE;

/// How often a runner shows that it lives.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(3);

/// How long a run is kept without a heartbeat: with the look below, a runner that is gone is noticed
/// within 15 seconds.
pub(crate) const LEASE: Duration = Duration::from_secs(12);

/// One that misses two heartbeats isn't given up.
const _: () = assert!(LEASE.as_secs() > 3 * HEARTBEAT.as_secs());

/// How often is looked at what runs: so late may be noticed what another server was asked for.
pub(super) const LOOK: Duration = Duration::from_millis(500);

/// The processes of a run that is cancelled, on whichever server, are killed in time to be gone within two
/// seconds.
const _: () = assert!(LOOK.as_millis() + GRACE.as_millis() <= 1_500);

/// How often is looked for runs that wait though nobody said that there are any.
pub(super) const POLL: Duration = Duration::from_secs(2);

/// The wait after a database that couldn't be reached.
pub(super) const UNAVAILABLE: Duration = Duration::from_secs(1);

/// How long a loss counts: a run of many hours may have bad luck more than once.
pub(super) const LOST_WITHIN: Duration = Duration::from_secs(60 * 60);

/// Runners that a run may lose in that time.
pub(super) const LOSSES: u32 = 5;

/// Runners that a run may have in all: what several servers may give it.
pub(super) const ATTEMPTS: i64 = 50;

/// The first wait before a run is given another runner.
pub(super) const FIRST_DELAY: Duration = Duration::from_secs(1);

/// The longest.
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Leases that are looked at in one round: there are no more runners on a machine.
pub(super) const EXPIRED: u32 = 500;

/// Runs that are executed at a time, unless set.
pub(super) const GLOBAL_RUNS: i64 = 20;

/// Runs of one project, unless set: the contract's number.
pub(super) const PROJECT_RUNS: i64 = 5;

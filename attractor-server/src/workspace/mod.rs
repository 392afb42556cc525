//! The directory a run works in, and what git knows about it.

mod snapshot;

pub(crate) use snapshot::{Snapshot, diff, diff_stat, snapshot, snapshot_after};

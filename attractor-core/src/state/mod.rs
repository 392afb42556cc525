//! What a run knows: its context, the outcomes of its stages, and snapshots of both.

mod checkpoint;
mod context;
mod outcome;
mod status_file;

pub use self::checkpoint::Checkpoint;
pub use self::context::Context;
pub use self::outcome::{FailureKind, Outcome, StageStatus};
pub use self::status_file::StatusFile;

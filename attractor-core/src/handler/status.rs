//! What a stage left in its `status.json`.

use super::StageContext;
use crate::journal::read_limited;
use crate::run::limits::STATUS_FILE_BYTES;
use crate::state::{FailureKind, Outcome, StatusFile};

/// The outcome that an agent or a tool reported by leaving a `status.json`; nothing if it left
/// none. One that can't be read is a failure: something was to be said.
pub(super) fn reported(stage: &StageContext) -> Option<Outcome> {
    let path = stage.stage_dir()?.join("status.json");
    let outcome = match read_limited(&path, STATUS_FILE_BYTES) {
        Ok(None) => return None,
        Ok(Some(bytes)) => StatusFile::parse(&bytes),
        Err(error) => Err(error),
    };
    Some(outcome.unwrap_or_else(|error| {
        Outcome::fail(error.chain()).with_failure_kind(FailureKind::Retryable)
    }))
}

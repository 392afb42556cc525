//! The run's say in what a stage's session does.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use attractor_core::{Limit, LimitReached, StageContext};

use super::progress;
use crate::{event::EventKind, session::SessionGuard};

/// Reports what happens to the stage, and keeps within the run's budget.
#[derive(Debug)]
pub(super) struct StageGuard {
    stage: StageContext,
    met: Mutex<Option<LimitReached>>,
}

impl StageGuard {
    pub(super) fn new(stage: &StageContext) -> Self {
        Self {
            stage: stage.clone(),
            met: Mutex::default(),
        }
    }

    /// The limit of the run that ended the input.
    pub(super) fn met(&self) -> Option<LimitReached> {
        *self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_within(&self, limits: &[Limit]) -> bool {
        let checked = self.stage.budget().check(limits);
        if let Err(reached) = checked {
            *self.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
        }
        checked.is_ok()
    }
}

#[async_trait]
impl SessionGuard for StageGuard {
    fn observe(&self, event: &EventKind) {
        progress::report(self.stage.progress(), event);
    }

    fn may_call_model(&self) -> bool {
        self.is_within(Limit::OF_MODEL_CALLS)
    }

    fn may_call_tool(&self) -> bool {
        self.is_within(Limit::OF_TOOL_CALLS)
    }
}

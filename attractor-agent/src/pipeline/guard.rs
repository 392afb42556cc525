//! The run's say in what a stage's session does.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use attractor_core::{Limit, LimitReached, StageContext};
use attractor_llm::ToolCall;

use super::{progress, tool_hooks::ToolHooks};
use crate::{event::EventKind, session::SessionGuard, tool::ToolContext};

/// Reports what happens to the stage, keeps within the run's budget, and runs the hooks around
/// tool calls.
#[derive(Debug)]
pub(super) struct StageGuard {
    stage: StageContext,
    hooks: ToolHooks,
    met: Mutex<Option<LimitReached>>,
}

impl StageGuard {
    pub(super) fn new(stage: &StageContext) -> Self {
        Self {
            hooks: ToolHooks::of(stage),
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

    async fn before_tool_call(&self, call: &ToolCall, context: &ToolContext) -> Result<(), String> {
        self.hooks.before(&self.stage, call, context).await
    }

    async fn after_tool_call(
        &self,
        call: &ToolCall,
        output: &str,
        is_error: bool,
        context: &ToolContext,
    ) {
        let (hooks, stage) = (&self.hooks, &self.stage);
        hooks.after(stage, call, output, is_error, context).await;
    }
}

//! What connects a subagent's session to its parent's: events go up, the host's say goes down.

use std::{
    sync::{Arc, Weak},
    time::SystemTime,
};

use async_trait::async_trait;
use attractor_llm::ToolCall;

use super::activity::Activity;
use crate::{
    event::{EventKind, SessionEvent},
    session::{SessionGuard, Shared},
    tool::ToolContext,
};

/// The guard of a subagent's session: what the guard of its parent says holds for it, too.
#[derive(Debug)]
pub(super) struct ChildGuard {
    /// Weak: the parent's session has the subagent's.
    pub(super) parent: Weak<Shared>,
    pub(super) agent_id: Arc<str>,
    pub(super) session_id: Arc<str>,
    pub(super) activity: Arc<Activity>,
}

impl ChildGuard {
    fn host(&self) -> Option<Arc<dyn SessionGuard>> {
        self.parent.upgrade()?.bus.guard()
    }

    /// Whether the parent is there and its host doesn't refuse.
    fn is_allowed(&self, ask: fn(&dyn SessionGuard) -> bool) -> bool {
        let Some(parent) = self.parent.upgrade() else {
            return false;
        };
        parent.bus.guard().is_none_or(|guard| ask(&*guard))
    }
}

#[async_trait]
impl SessionGuard for ChildGuard {
    fn observe(&self, event: &EventKind) {
        self.activity.note(event);
        let Some(parent) = self.parent.upgrade() else {
            return;
        };
        parent.bus.emit(EventKind::SubagentEvent {
            agent_id: self.agent_id.to_string(),
            event: Box::new(SessionEvent {
                kind: event.clone(),
                timestamp: SystemTime::now(),
                session_id: Arc::clone(&self.session_id),
            }),
        });
    }

    fn may_call_model(&self) -> bool {
        self.is_allowed(|host| host.may_call_model())
    }

    fn may_call_tool(&self) -> bool {
        self.is_allowed(|host| host.may_call_tool())
    }

    async fn before_tool_call(&self, call: &ToolCall, context: &ToolContext) -> Result<(), String> {
        match self.host() {
            Some(host) => host.before_tool_call(call, context).await,
            None => Ok(()),
        }
    }

    async fn after_tool_call(
        &self,
        call: &ToolCall,
        output: &str,
        is_error: bool,
        context: &ToolContext,
    ) {
        if let Some(host) = self.host() {
            host.after_tool_call(call, output, is_error, context).await;
        }
    }
}

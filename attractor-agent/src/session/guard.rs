//! What a host may say about a session's steps while it works.

use std::fmt::Debug;

use async_trait::async_trait;
use attractor_llm::ToolCall;

use crate::{event::EventKind, tool::ToolContext};

/// A host's say in what a session does: it sees every event before the session goes on, may end an
/// input before the next request or tool call, and may refuse single calls.
///
/// All methods have a default that lets everything pass.
#[async_trait]
pub trait SessionGuard: Debug + Send + Sync + 'static {
    /// Sees an event at once, before the session's next step; the subscribers have it by then.
    ///
    /// # Behavior
    /// - Returns quickly: the session waits for it.
    /// - Is called by the threads of subagents, too, at the same time: an end of theirs that is told
    ///   while another thread ends the session may come after the session's.
    fn observe(&self, event: &EventKind) {
        let _ = event;
    }

    /// Asked before each request to the model; `false` ends the input with
    /// [`StopReason::HostLimit`](super::StopReason::HostLimit).
    fn may_call_model(&self) -> bool {
        true
    }

    /// Asked before each tool call; `false` leaves it and those after it out, and ends the input
    /// like [`may_call_model`](Self::may_call_model).
    fn may_call_tool(&self) -> bool {
        true
    }

    /// Asked before a tool call is executed, after its start was told.
    ///
    /// # Errors
    /// Why the call isn't to be executed; the model is told so, and the session goes on.
    async fn before_tool_call(&self, call: &ToolCall, context: &ToolContext) -> Result<(), String> {
        let _ = (call, context);
        Ok(())
    }

    /// Told after a tool call was executed, with its whole output.
    async fn after_tool_call(
        &self,
        call: &ToolCall,
        output: &str,
        is_error: bool,
        context: &ToolContext,
    ) {
        let _ = (call, output, is_error, context);
    }
}

const _: Option<&dyn SessionGuard> = None;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::types::Message;

/// What a tool's handler may know about the call that it serves.
///
/// Source: unified-llm-spec 5.2.
#[derive(Clone, Debug)]
pub struct ToolContext {
    call_id: String,
    messages: Arc<Vec<Message>>,
    cancellation: CancellationToken,
}

impl ToolContext {
    /// The context of one call.
    #[must_use]
    pub fn new(
        call_id: impl Into<String>,
        messages: Arc<Vec<Message>>,
        cancellation: CancellationToken,
    ) -> Self {
        Self {
            call_id: call_id.into(),
            messages,
            cancellation,
        }
    }

    /// The call's id.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The conversation up to the message that makes the call.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Cancelled when the caller cancels, time is up or the call is dropped. The handler's future
    /// is dropped then as well; the token is for what outlives a future, a process for instance.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }
}

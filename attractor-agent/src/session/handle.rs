//! What the host can do with a session from elsewhere while it works.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::state::SessionState;
use crate::{
    error::{Error, ErrorKind},
    event::{Bus, EventKind, SessionEvents},
    limits,
    profile::ProviderProfile,
    subagent::{self, SubAgentHandle, Subagents},
};

/// What a session and its handles share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) id: Arc<str>,
    pub(crate) bus: Bus,
    pub(super) abort: CancellationToken,
    pub(crate) subagents: Subagents,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: SessionState,
    steering: VecDeque<String>,
    follow_ups: VecDeque<String>,
    reasoning_effort: Option<String>,
    /// The profile to go on with.
    profile: Option<Arc<dyn ProviderProfile>>,
    system: VecDeque<String>,
}

impl Shared {
    /// `abort` ends the session when it is cancelled.
    pub(super) fn new(
        id: Arc<str>,
        reasoning_effort: Option<String>,
        abort: CancellationToken,
    ) -> Self {
        Self {
            bus: Bus::new(Arc::clone(&id)),
            id,
            abort,
            subagents: Subagents::default(),
            inner: Mutex::new(Inner {
                state: SessionState::Idle,
                steering: VecDeque::new(),
                follow_ups: VecDeque::new(),
                reasoning_effort,
                profile: None,
                system: VecDeque::new(),
            }),
        }
    }

    pub(super) fn state(&self) -> SessionState {
        self.inner().state
    }

    /// The only place where a session's state changes; whether it did.
    pub(super) fn set(&self, next: SessionState) -> bool {
        let mut inner = self.inner();
        let possible = inner.state.can_become(next);
        if possible {
            inner.state = next;
        }
        possible
    }

    /// Closes the session and tells every subscriber, once. Subagents end first.
    pub(super) fn end(&self, reason: &str) {
        self.subagents.close();
        self.end_subagents("the session that it worked for has ended");
        if self.set(SessionState::Closed) {
            let (state, reason) = (SessionState::Closed, reason.to_owned());
            self.bus.close(EventKind::SessionEnd { state, reason });
        }
    }

    /// Ends every subagent; those that were at work have failed for this reason.
    pub(super) fn end_subagents(&self, reason: &str) {
        for agent in self.subagents.list() {
            subagent::end(self, &agent, reason);
        }
    }

    pub(super) fn take_steering(&self) -> VecDeque<String> {
        std::mem::take(&mut self.inner().steering)
    }

    pub(super) fn take_system_messages(&self) -> VecDeque<String> {
        std::mem::take(&mut self.inner().system)
    }

    pub(super) fn set_profile(&self, profile: Arc<dyn ProviderProfile>) {
        self.inner().profile = Some(profile);
    }

    pub(super) fn take_profile(&self) -> Option<Arc<dyn ProviderProfile>> {
        self.inner().profile.take()
    }

    pub(super) fn next_follow_up(&self) -> Option<String> {
        self.inner().follow_ups.pop_front()
    }

    pub(crate) fn reasoning_effort(&self) -> Option<String> {
        self.inner().reasoning_effort.clone()
    }

    pub(super) fn set_reasoning_effort(&self, effort: Option<String>) {
        self.inner().reasoning_effort = effort;
    }

    fn queue(
        &self,
        message: String,
        queue: fn(&mut Inner) -> &mut VecDeque<String>,
    ) -> Result<(), Error> {
        let message = self::message(message)?;
        let mut inner = self.inner();
        if inner.state == SessionState::Closed {
            return Err(closed());
        }
        let queue = queue(&mut inner);
        if queue.len() >= limits::QUEUED_MESSAGES {
            return Err(Error::new(
                ErrorKind::Limit,
                "too many messages are waiting already",
            ));
        }
        queue.push_back(message);
        Ok(())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text that providers take: they refuse a message without content.
pub(super) fn message(text: String) -> Result<String, Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid_input("the message has no content"));
    }
    Ok(text)
}

pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the session is closed")
}

/// Steers, aborts and watches a session; a cheap clone that works while
/// [`submit`](super::Session::submit) runs elsewhere.
#[derive(Debug, Clone)]
pub struct SessionHandle(pub(super) Arc<Shared>);

impl SessionHandle {
    /// The session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The session's state.
    #[must_use]
    pub fn state(&self) -> SessionState {
        self.0.state()
    }

    /// The events from now on; none after the session's end.
    #[must_use]
    pub fn events(&self) -> SessionEvents {
        self.0.bus.subscribe()
    }

    /// The subagents, in the order of their start.
    #[must_use]
    pub fn subagents(&self) -> Vec<SubAgentHandle> {
        let agents = self.0.subagents.list().into_iter();
        agents.map(SubAgentHandle).collect()
    }

    /// Injects a message after the current round of tool calls, or with the next input if the
    /// agent is idle (coding-agent-loop-spec 2.6).
    ///
    /// # Errors
    /// `InvalidInput` for a text without content, `Closed` after the session's end, `Limit` when too many messages wait.
    pub fn steer(&self, message: impl Into<String>) -> Result<(), Error> {
        self.0.queue(message.into(), |inner| &mut inner.steering)
    }

    /// The messages that no request has had yet; they aren't injected any more.
    pub(crate) fn take_back_steering(&self) -> impl Iterator<Item = String> {
        self.0.take_steering().into_iter()
    }

    /// Says something to the model that isn't the user's, such as that a file was changed by
    /// somebody else. It comes where a steering message would, as a [`Turn::System`](super::Turn).
    ///
    /// # Errors
    /// As [`steer`](Self::steer).
    pub fn system_message(&self, message: impl Into<String>) -> Result<(), Error> {
        self.0.queue(message.into(), |inner| &mut inner.system)
    }

    /// Queues a message to be processed when the current input is done.
    ///
    /// # Errors
    /// `InvalidInput` for a text without content, `Closed` after the session's end, `Limit` when too many messages wait.
    pub fn follow_up(&self, message: impl Into<String>) -> Result<(), Error> {
        self.0.queue(message.into(), |inner| &mut inner.follow_ups)
    }

    /// Sets how much the model reasons from its next call on; `None` is the provider's default.
    pub fn set_reasoning_effort(&self, effort: Option<String>) {
        self.0.set_reasoning_effort(effort);
    }

    /// Goes on with another model, of the same provider or another, from the model's next call on.
    ///
    /// The conversation stays as it is. The prompt and the tools are the new profile's; a model that
    /// was asked before has those that it had, so that its requests extend its earlier ones. The
    /// new model is told by a [`Turn::System`](super::Turn) that it takes over. Opaque reasoning
    /// goes to the model that it came from, also when that model is asked again, and to no other.
    pub fn set_profile(&self, profile: Arc<dyn ProviderProfile>) {
        self.0.set_profile(profile);
    }

    /// Stops the session: the model's stream is dropped, running commands are ended, and the
    /// session is closed.
    pub fn abort(&self) {
        self.0.abort.cancel();
        if self.0.state() != SessionState::Processing {
            self.0.end("aborted");
        }
    }
}

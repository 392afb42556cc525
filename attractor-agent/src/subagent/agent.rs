//! One subagent as its parent sees it: status, result, messages.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    activity::Activity,
    result::{SubAgentResult, SubAgentStatus},
};
use crate::{
    error::{Error, ErrorKind},
    limits,
    session::SessionHandle,
};

/// A subagent; its session runs in a task of the roster.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(super) id: Arc<str>,
    pub(super) session: SessionHandle,
    pub(super) activity: Arc<Activity>,
    /// Cancelled when its task has ended.
    pub(super) gone: CancellationToken,
    /// How long its task may take to end once it is stopped.
    end_grace: Duration,
    state: watch::Sender<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// The result of the last piece of work.
    result: Option<Arc<SubAgentResult>>,
    /// Messages that start the next piece of work.
    inbox: VecDeque<String>,
    /// Whether it takes no more input.
    closed: bool,
}

/// With `Ending` the subscribers have been told, before `Done` the guard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Working,
    Ending,
    Done,
}

/// What is to be done when a piece of work has ended.
pub(super) enum Claim<T> {
    /// A message came too late for this piece of work: it goes on.
    GoOn(String),
    /// The end was told; the caller does the rest and then calls [`Agent::finish`].
    End(T),
    /// Its end was told before.
    Nothing,
}

impl Agent {
    /// `cancel_grace`: how long its commands may take to end when it is stopped.
    pub(super) fn new(
        id: Arc<str>,
        session: SessionHandle,
        activity: Arc<Activity>,
        cancel_grace: Duration,
    ) -> Self {
        Self {
            id,
            session,
            activity,
            gone: CancellationToken::new(),
            end_grace: cancel_grace + limits::SUBAGENT_END_GRACE,
            state: watch::Sender::new(State {
                phase: Phase::Working,
                result: None,
                inbox: VecDeque::new(),
                closed: false,
            }),
        }
    }

    /// Its id in its parent's session.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn status(&self) -> SubAgentStatus {
        let state = self.state.borrow();
        match (&state.phase, &state.result) {
            (Phase::Done, Some(result)) => result.status(),
            _ => SubAgentStatus::Running,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status() == SubAgentStatus::Running
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.borrow().closed
    }

    /// The result of its last piece of work, if it isn't at work.
    pub(crate) fn result(&self) -> Option<Arc<SubAgentResult>> {
        let state = self.state.borrow();
        (state.phase == Phase::Done)
            .then(|| state.result.clone())
            .flatten()
    }

    /// What the parent's model is told when asked how it stands.
    pub(crate) fn report(&self) -> String {
        match self.result() {
            Some(result) => result.render(&self.id),
            None => format!("{}: RUNNING, {}", self.id, self.activity.describe()),
        }
    }

    /// How far it is, for comparing two looks at it.
    pub(crate) fn progress(&self) -> (SubAgentStatus, u32) {
        (self.status(), self.activity.turns())
    }

    /// Resolves when it isn't at work.
    pub(crate) async fn done(&self) {
        let mut changes = self.state.subscribe();
        // The sender is in `self`, so waiting can't fail.
        let _ = changes.wait_for(|state| state.phase == Phase::Done).await;
    }

    /// Hands it a message: between two rounds of tool calls, or as its next input.
    ///
    /// # Errors
    /// `Closed` when it takes no more input, `Limit` when too many messages wait.
    pub(crate) fn send(&self, message: &str) -> Result<(), Error> {
        let mut sent = Ok(());
        self.state.send_if_modified(|state| {
            if state.closed {
                let text = format!("{} has ended and takes no more input", self.id);
                sent = Err(Error::new(ErrorKind::Closed, text));
                return false;
            }
            if state.phase == Phase::Working {
                sent = self.session.steer(message);
                return false;
            }
            if state.inbox.len() >= limits::QUEUED_MESSAGES {
                let text = "too many messages are waiting already";
                sent = Err(Error::new(ErrorKind::Limit, text));
                return false;
            }
            state.inbox.push_back(message.to_owned());
            if state.phase == Phase::Done {
                state.phase = Phase::Working;
            }
            true
        });
        sent
    }

    /// Claims the end of its piece of work for the caller. `may_go_on`: a message that no request
    /// has had is worked on first. `tell` tells of the end in the same moment: whoever finds it
    /// claimed may say that the session is over.
    pub(super) fn claim<T>(&self, may_go_on: bool, tell: impl FnOnce() -> T) -> Claim<T> {
        let mut claim = Claim::Nothing;
        self.state.send_if_modified(|state| {
            if state.phase == Phase::Working {
                let late: Vec<String> = match may_go_on && !state.closed {
                    true => self.session.take_back_steering().collect(),
                    false => Vec::new(),
                };
                if late.is_empty() {
                    state.phase = Phase::Ending;
                    claim = Claim::End(tell());
                } else {
                    claim = Claim::GoOn(late.join("\n\n"));
                }
            }
            false
        });
        claim
    }

    /// Its piece of work has this result; `closed`: it takes no more input.
    pub(super) fn finish(&self, result: Arc<SubAgentResult>, closed: bool) {
        self.state.send_modify(|state| {
            state.result = Some(result);
            state.closed |= closed;
            state.phase = match state.inbox.is_empty() || state.closed {
                true => Phase::Done,
                false => Phase::Working,
            };
        });
    }

    /// Takes no more input from now on; what it does is aborted.
    pub(super) fn stop(&self) {
        self.state.send_modify(|state| state.closed = true);
        self.session.abort();
    }

    /// The next input, or nothing when there will be none.
    pub(super) async fn next_input(&self) -> Option<String> {
        let mut changes = self.state.subscribe();
        let _ = changes
            .wait_for(|state| state.closed || !state.inbox.is_empty())
            .await;
        let mut next = None;
        self.state.send_if_modified(|state| {
            if !state.closed {
                next = state.inbox.pop_front();
            }
            false
        });
        self.activity.begin();
        next
    }

    /// Waits until its task has ended, for as long as an abort may take.
    pub(crate) async fn wait_until_gone(&self) {
        let _ = timeout(self.end_grace, self.gone.cancelled()).await;
    }
}

/// A subagent for its parent's host (coding-agent-loop-spec 7.3): where it stands, and its
/// session to watch, steer or abort.
///
/// From [`SessionHandle::subagents`].
#[derive(Debug, Clone)]
pub struct SubAgentHandle(pub(crate) Arc<Agent>);

impl SubAgentHandle {
    /// Its id, such as `agent-1`, as its parent's model and events name it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Its own session; [`events`](SessionHandle::events) of it are those that the parent's events
    /// carry in `SUBAGENT_EVENT`.
    #[must_use]
    pub fn session(&self) -> SessionHandle {
        self.0.session.clone()
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> SubAgentStatus {
        self.0.status()
    }

    /// Its last result, if it isn't at work.
    #[must_use]
    pub fn result(&self) -> Option<SubAgentResult> {
        self.0.result().map(|result| (*result).clone())
    }
}

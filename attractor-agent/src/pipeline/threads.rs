//! Sessions that stages of a run share under `full` fidelity.

use std::sync::{Mutex, PoisonError};

use super::{model::Model, stage_session::StageSession};
use crate::{limits, session::SessionState};

/// Which session: another run, thread or model is another conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ThreadKey {
    pub(super) run: String,
    pub(super) thread: String,
    pub(super) model: Model,
}

/// The sessions between two stages, the one used last at the end.
#[derive(Debug, Default)]
pub(super) struct Threads(Mutex<Vec<(ThreadKey, StageSession)>>);

impl Threads {
    /// Takes a session out: two stages at the same time never share one.
    pub(super) fn take(&self, key: &ThreadKey) -> Option<StageSession> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = sessions.iter().position(|(other, _)| other == key)?;
        Some(sessions.remove(place).1)
    }

    /// Keeps a session that can go on.
    pub(super) fn keep(&self, key: ThreadKey, session: StageSession) {
        if session.session.state() == SessionState::Closed {
            return;
        }
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|(other, _)| *other != key);
        if sessions.len() >= limits::THREADS_KEPT {
            sessions.remove(0);
        }
        sessions.push((key, session));
    }
}

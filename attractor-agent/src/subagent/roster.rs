//! The subagents of a session and the tasks that they run in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use tokio::task::JoinSet;

use super::{SubagentLimits, agent::Agent};
use crate::{
    error::{Error, ErrorKind},
    event::SessionEvent,
    limits,
};

/// Owns the tasks of a session's subagents: when it goes, they go.
#[derive(Debug, Default)]
pub(crate) struct Subagents(Mutex<Roster>);

#[derive(Debug, Default)]
struct Roster {
    agents: Vec<Arc<Agent>>,
    tasks: JoinSet<()>,
    /// Ids that were given out for subagents which haven't started yet.
    starting: usize,
    /// The number in the last id.
    last: u32,
    /// The number in the last id before the session was resumed or forked.
    resumed_after: u32,
    closed: bool,
}

/// An id for a subagent that is about to start; it counts as running meanwhile.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    subagents: &'a Subagents,
    pub(super) id: Arc<str>,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.subagents.roster().starting -= 1;
    }
}

/// What is left to do when a subagent has started.
#[derive(Debug)]
pub(super) struct Started {
    /// One whose conversation is to be given up for it.
    pub(super) superfluous: Option<Arc<Agent>>,
    /// What the guard is to be told.
    pub(super) told: Option<SessionEvent>,
}

impl Subagents {
    /// The next id. Numbers aren't used twice, so that an id means one subagent for ever.
    ///
    /// # Errors
    /// `Limit` when too many work at the same time, `Closed` after the session's end.
    pub(super) fn reserve(&self, limits: &SubagentLimits) -> Result<Reservation<'_>, Error> {
        let mut roster = self.roster();
        if roster.closed {
            return Err(ended());
        }
        let running = roster.agents.iter().filter(|agent| agent.is_running());
        let running = running.count() + roster.starting;
        if limits.max_running > 0 && running >= limits.max_running {
            let text = format!(
                "{} subagents are running already, as many as may; wait for one of them, or close \
                 one",
                limits.max_running
            );
            return Err(Error::new(ErrorKind::Limit, text));
        }
        roster.last += 1;
        roster.starting += 1;
        Ok(Reservation {
            subagents: self,
            id: format!("agent-{}", roster.last).into(),
        })
    }

    /// Starts the task of a subagent. `tell` tells of it in the same moment: what closes the session
    /// finds every subagent that was told of.
    ///
    /// # Errors
    /// `Closed` after the session's end.
    pub(super) fn start(
        &self,
        agent: Arc<Agent>,
        task: impl Future<Output = ()> + Send + 'static,
        tell: impl FnOnce() -> Option<SessionEvent>,
    ) -> Result<Started, Error> {
        let mut roster = self.roster();
        if roster.closed {
            return Err(ended());
        }
        while roster.tasks.try_join_next().is_some() {}
        let superfluous = roster.make_room();
        roster.agents.push(agent);
        roster.tasks.spawn(task);
        let told = tell();
        Ok(Started { superfluous, told })
    }

    /// The subagent of this id.
    ///
    /// # Errors
    /// `NotFound` with the ids there are.
    pub(crate) fn find(&self, id: &str) -> Result<Arc<Agent>, Error> {
        let roster = self.roster();
        if let Some(agent) = roster.agents.iter().find(|agent| agent.id() == id) {
            return Ok(Arc::clone(agent));
        }
        Err(Error::new(ErrorKind::NotFound, roster.why_missing(id)))
    }

    /// Ids up to this number were used in an earlier life of the session.
    pub(crate) fn resume_after(&self, last: u32) {
        let mut roster = self.roster();
        roster.last = roster.last.max(last);
        roster.resumed_after = last;
    }

    /// All of them, in the order of their start.
    pub(crate) fn list(&self) -> Vec<Arc<Agent>> {
        self.roster().agents.clone()
    }

    /// Takes no more.
    pub(crate) fn close(&self) {
        self.roster().closed = true;
    }

    /// Waits until the tasks of those that were ended are over, for as long as an abort may take.
    pub(crate) async fn wait_until_gone(&self) {
        let agents = self.list().into_iter().filter(|agent| agent.is_closed());
        let gone = agents.map(|agent| async move { agent.wait_until_gone().await });
        join_all(gone).await;
    }

    /// Ends the tasks wherever they are; dropping them ends the commands that they run.
    pub(crate) fn abort_tasks(&self) {
        self.roster().tasks.abort_all();
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Roster {
    /// Keeps the results and the conversations of only so many that are done; the subagent whose
    /// conversation is to be given up.
    fn make_room(&mut self) -> Option<Arc<Agent>> {
        if self.agents.len() >= limits::SUBAGENTS_KEPT
            && let Some(place) = self.agents.iter().position(|agent| !agent.is_running())
        {
            return Some(self.agents.remove(place));
        }
        let open = self.agents.iter().filter(|agent| !agent.is_closed());
        if open.clone().count() < limits::SUBAGENTS_OPEN {
            return None;
        }
        open.clone().find(|agent| !agent.is_running()).cloned()
    }

    fn why_missing(&self, id: &str) -> String {
        let number = id.strip_prefix("agent-").and_then(|it| it.parse().ok());
        if number.is_some_and(|number: u32| number > 0 && number <= self.resumed_after) {
            return format!(
                "{id} is gone: it was started before this session was resumed, and subagents end \
                 with the process that they run in. Look at what it left in the files, and spawn \
                 a new one for the rest"
            );
        }
        if self.agents.is_empty() {
            return format!("there is no subagent {id}: none was spawned");
        }
        let ids: Vec<&str> = self.agents.iter().map(|agent| agent.id()).collect();
        format!(
            "there is no subagent {id}; the subagents are: {}",
            ids.join(", ")
        )
    }
}

fn ended() -> Error {
    let text = "the session has ended: no more subagents are started";
    Error::new(ErrorKind::Closed, text)
}

//! The one function that changes a run.

mod lifecycle;
mod parallel;
mod stage;
mod way;

use crate::graph::Graph;
use crate::{Error, ErrorKind};

use super::Run;
use super::branch::BranchPath;
use super::event::RunEvent;
use super::state::{Ending, Phase, Shared, WalkState};

impl Run {
    /// Changes the main walk by something that happened there.
    ///
    /// # Errors
    ///
    /// As for [`apply_in`](Self::apply_in).
    pub fn apply(&mut self, event: &RunEvent) -> Result<(), Error> {
        self.apply_in(None, event)
    }

    /// Changes the run by something that happened in a branch, or in the main walk.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if that can't happen in the run's present state; the run is then
    /// unchanged.
    pub fn apply_in(&mut self, branch: Option<&BranchPath>, event: &RunEvent) -> Result<(), Error> {
        // The begin and the end of a branch change the walk that it belongs to.
        let parent = match (event, branch) {
            (
                RunEvent::ParallelBranchStarted { .. } | RunEvent::ParallelBranchCompleted { .. },
                Some(branch),
            ) => branch.parent(),
            _ => branch.cloned(),
        };
        let Some(walk) = self.main.at_mut(parent.as_ref()) else {
            let (name, path) = (event.name(), parent.as_ref().map_or("", BranchPath::as_str));
            let text = format!("event {name} can't follow: branch {path} isn't being executed");
            return Err(Error::new(ErrorKind::Damaged, text));
        };
        let mut change = Change {
            graph: &self.graph,
            shared: &mut self.shared,
            walk,
        };
        if let Some(phase) = change.transition(branch, event)? {
            change.walk.phase = phase;
        }
        Ok(())
    }
}

/// A walk that is being changed, and what it shares with the others.
struct Change<'a> {
    graph: &'a Graph,
    shared: &'a mut Shared,
    walk: &'a mut WalkState,
}

impl Change<'_> {
    /// The phase an event leads to, after everything else that it changes.
    fn transition(
        &mut self,
        branch: Option<&BranchPath>,
        event: &RunEvent,
    ) -> Result<Option<Phase>, Error> {
        if self.shared.paused.is_some() && !matches!(event, RunEvent::RunResumed { .. }) {
            return Err(self.refuse(event));
        }
        match event {
            RunEvent::RunStarted { .. }
            | RunEvent::RunResumed { .. }
            | RunEvent::RunInterrupted { .. }
            | RunEvent::RunPaused { .. }
            | RunEvent::CheckpointSaved { .. }
            | RunEvent::RunRewound { .. }
            | RunEvent::RunForked { .. }
            | RunEvent::RunCompleted { .. }
            | RunEvent::RunFailed { .. } => self.lifecycle(event),
            // What is committed changes nothing that the run knows.
            RunEvent::CommitCreated { .. } => self.unless_over(event).map(|()| None),
            RunEvent::StageStarted {
                node,
                visit,
                attempt,
                ..
            } => self.begin(event, node, *visit, *attempt).map(Some),
            RunEvent::Progress { progress, .. } => self.progress(event, progress).map(|()| None),
            RunEvent::StageCompleted { node, outcome, .. } => {
                self.end_stage(event, node, outcome).map(Some)
            }
            RunEvent::StageFailed {
                node,
                outcome,
                will_retry,
                ..
            } => self.fail_stage(event, node, outcome, *will_retry).map(Some),
            RunEvent::StageRetrying {
                attempt, delay_ms, ..
            } => self.retry_after(event, *attempt, *delay_ms).map(Some),
            RunEvent::ParallelStarted {
                node,
                branch_count,
                context_updates,
                ..
            } => self
                .fan_out(event, node, *branch_count, context_updates)
                .map(Some),
            RunEvent::ParallelBranchStarted {
                id, index, edge, ..
            } => {
                let branch = branch.filter(|branch| branch.id() == id);
                self.begin_branch(event, branch, *index, *edge)
                    .map(|()| None)
            }
            RunEvent::ParallelBranchCompleted { id, index, .. } => {
                let branch = branch.filter(|branch| branch.id() == id);
                self.end_branch(event, branch, *index).map(|()| None)
            }
            RunEvent::ParallelTimedOut { node, .. } => self.time_out(event, node).map(|()| None),
            RunEvent::ParallelCompleted { node, .. } => self.join(event, node).map(Some),
            RunEvent::EdgeSelected { to, edge, .. } => self.follow(event, to, *edge).map(Some),
            RunEvent::Jumped { from, to, reason } => self.jump(event, from, to, *reason).map(Some),
            RunEvent::GoalGateUnsatisfied { node, .. } => self.turned_back(event, node).map(Some),
            RunEvent::LoopRestarted { node, .. } => self.start_over(event, node).map(Some),
        }
    }

    /// Events of the whole run, which don't happen in a branch.
    fn lifecycle(&mut self, event: &RunEvent) -> Result<Option<Phase>, Error> {
        if self.walk.branch.is_some() {
            return Err(self.refuse(event));
        }
        match event {
            RunEvent::RunStarted { .. } => self.start(event).map(Some),
            RunEvent::RunResumed {
                graph_hash,
                limits,
                same_visit,
                ..
            } => {
                self.resume(event, graph_hash, *same_visit)?;
                self.shared.limits = limits.or(self.shared.limits);
                self.shared.paused = None;
                Ok(None)
            }
            RunEvent::RunPaused { reached, .. } => {
                self.unless_over(event)?;
                self.shared.paused = Some(*reached);
                Ok(None)
            }
            RunEvent::CheckpointSaved { .. } => {
                self.unless_over(event)?;
                self.shared.completed_at_checkpoint = self.shared.completed;
                Ok(None)
            }
            RunEvent::RunRewound { spent, .. } => {
                self.unless_over(event)?;
                self.shared.usage.add(spent);
                Ok(None)
            }
            RunEvent::RunCompleted { .. } => self.end(event, Ending::Success).map(Some),
            RunEvent::RunFailed { error, node, .. } => {
                let ending = Ending::Failure {
                    error: error.clone(),
                    node: node.clone(),
                };
                self.end(event, ending).map(Some)
            }
            _ => self.unless_over(event).map(|()| None),
        }
    }

    fn unless_over(&self, event: &RunEvent) -> Result<(), Error> {
        match self.walk.phase {
            Phase::New | Phase::Ended { .. } => Err(self.refuse(event)),
            _ => Ok(()),
        }
    }

    fn refuse(&self, event: &RunEvent) -> Error {
        let name = event.name();
        let place = event
            .node()
            .map_or_else(String::new, |node| format!(" at {node}"));
        let whose = self
            .walk
            .path()
            .map_or_else(|| "the run".to_owned(), |path| format!("branch {path}"));
        let phase = match self.shared.paused {
            Some(_) => "paused".to_owned(),
            None => self.walk.phase.describe(),
        };
        Error::new(
            ErrorKind::Damaged,
            format!("event {name}{place} can't follow: {whose} is {phase}"),
        )
    }
}

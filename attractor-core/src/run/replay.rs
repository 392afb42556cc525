//! From a journal back to the run it is the journal of.

use std::sync::Arc;

use crate::graph::Graph;
use crate::state::Outcome;
use crate::{Error, ErrorKind};

use super::branch::BranchPath;
use super::entry::JournalEntry;
use super::event::RunEvent;
use super::state::Phase;
use super::step::Step;
use super::{Run, Walk};

impl Run {
    /// The run a journal leads to.
    ///
    /// Every decision in the journal is compared with the one this graph leads to, so that a
    /// journal that was tampered with, or belongs to another graph, is found out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] with the number of the entry that is out of order, can't happen, or
    /// isn't what the graph leads to.
    pub fn replay(graph: Arc<Graph>, entries: &[JournalEntry]) -> Result<Self, Error> {
        Self::fold(Self::new(graph), entries, true)
    }

    /// The same for a graph that was changed on purpose: decisions are taken as they are, as
    /// long as the graph has the nodes and edges they are about.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] with the number of the entry that is out of order or can't happen.
    pub fn replay_unverified(graph: Arc<Graph>, entries: &[JournalEntry]) -> Result<Self, Error> {
        Self::fold(Self::new(graph), entries, false)
    }

    pub(crate) fn fold(
        mut run: Self,
        entries: &[JournalEntry],
        verify: bool,
    ) -> Result<Self, Error> {
        for (expected, entry) in (1u64..).zip(entries) {
            let seq = entry.seq;
            if entry.version > JournalEntry::VERSION {
                let text = format!(
                    "entry {seq} has version {}, newer than this program",
                    entry.version
                );
                return Err(Error::new(ErrorKind::Damaged, text));
            }
            if seq != expected {
                let text = format!("entry {seq} is where entry {expected} should be");
                return Err(Error::new(ErrorKind::Damaged, text));
            }
            let branch = entry.branch.as_ref();
            if verify && !run.expects(branch, &entry.event) {
                let name = entry.event.name();
                let text = format!("entry {seq} ({name}) isn't what the pipeline leads to");
                return Err(Error::new(ErrorKind::Damaged, text));
            }
            run.follow(entry)?;
        }
        Ok(run)
    }

    /// Takes in the next entry of a journal that is read back: its event, and what it tells of the
    /// artifacts that large values of the context refer to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] with the number of the entry, if it can't follow.
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use attractor_core::{Graph, Run, RunDirectory};
    ///
    /// let directory = RunDirectory::open("runs/7")?;
    /// let (graph, _) = Graph::parse(&directory.source()?)?;
    /// let mut run = Run::new(Arc::new(graph)).with_artifacts(directory.artifacts());
    /// for entry in directory.entries()? {
    ///     run.follow(&entry)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Source: attractor-spec 5.3.
    pub fn follow(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        let applied = self.apply_in(entry.branch.as_ref(), &entry.event);
        applied.map_err(|error| {
            let text = format!("entry {} is out of place", entry.seq);
            Error::new(ErrorKind::Damaged, text).with_source(error)
        })?;
        if let RunEvent::Progress { progress, .. } = &entry.event {
            self.main.context.artifacts().replay(progress);
        }
        Ok(())
    }

    /// Whether an event is the one the run decides on now. Events that come from outside are.
    pub(super) fn expects(&self, branch: Option<&BranchPath>, event: &RunEvent) -> bool {
        match event {
            RunEvent::RunResumed { .. }
            | RunEvent::RunInterrupted { .. }
            | RunEvent::RunPaused { .. }
            | RunEvent::CommitCreated { .. }
            | RunEvent::RunRewound { .. }
            | RunEvent::RunForked { .. }
            | RunEvent::ParallelTimedOut { .. }
            | RunEvent::Progress { .. } => true,
            // How runs ended at their cost limit before they were paused there.
            RunEvent::RunFailed { error, .. } if error.starts_with("max_cost exceeded") => true,
            // What concerns the whole run is decided by the whole run.
            RunEvent::RunFailed { .. } | RunEvent::CheckpointSaved { .. } if branch.is_none() => {
                self.next().leads_to(event)
            }
            RunEvent::ParallelBranchStarted { index, .. }
            | RunEvent::ParallelBranchCompleted { index, .. } => {
                let parent = branch.and_then(BranchPath::parent);
                let walk = self.walk(parent.as_ref());
                walk.is_some_and(|walk| walk.expects_branch(*index, event))
            }
            _ => self
                .walk(branch)
                .is_some_and(|walk| walk.expects_stage(event)),
        }
    }
}

impl Walk<'_> {
    /// Whether an event of a stage, or of the way from one to the next, is expected.
    fn expects_stage(self, event: &RunEvent) -> bool {
        match (&self.walk.phase, event) {
            (
                Phase::Executing(_),
                RunEvent::StageCompleted { outcome, .. } | RunEvent::StageFailed { outcome, .. },
            ) => event.is_timed(self.judge(outcome.clone(), 0)),
            (
                Phase::Executing(_),
                RunEvent::ParallelStarted {
                    context_updates, ..
                },
            ) => {
                let outcome = Outcome {
                    context_updates: context_updates.clone(),
                    ..Outcome::success()
                };
                self.judge(outcome, 0) == *event
            }
            _ => self.decide().leads_to(event),
        }
    }
}

impl Step {
    /// Whether recording this event is what the step asks for.
    pub(super) fn leads_to(&self, event: &RunEvent) -> bool {
        match (self, event) {
            (Self::Start, RunEvent::RunStarted { .. })
            | (Self::Complete, RunEvent::RunCompleted { .. }) => true,
            (Self::Record(decision), event) => decision == event,
            (Self::RecordTimed(decision), event) => event.is_timed(decision.clone()),
            (Self::Checkpoint { node }, RunEvent::CheckpointSaved { node: saved }) => node == saved,
            (Self::Retry { stage, .. }, RunEvent::StageRetrying { node, attempt, .. }) => {
                (&stage.node, stage.attempt) == (node, *attempt)
            }
            (Self::Execute { stage, .. }, RunEvent::StageStarted { node, index, .. }) => {
                (&stage.node, stage.index) == (node, *index)
            }
            (
                Self::Fail { error, node },
                RunEvent::RunFailed {
                    error: found,
                    node: at,
                    ..
                },
            ) => error == found && node == at,
            _ => false,
        }
    }
}

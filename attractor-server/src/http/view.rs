//! The state of a run, read from its journal: of one that runs as of one that has ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_core::engine::Engine;
use attractor_core::run::Ending;
use attractor_core::{
    BranchPath, Checkpoint, JournalEntry, JournalReader, Manifest, NodeId, Run, RunDirectory,
    RunEvent,
};

use super::{Error, ErrorKind};

/// A run's journal, folded up to where it was read last.
#[derive(Debug)]
pub(super) struct View {
    pub(super) manifest: Manifest,
    pub(super) run: Run,
    /// Number of the last entry.
    pub(super) seq: u64,
    /// When it was appended.
    pub(super) time: Option<String>,
    /// Why the run was interrupted, if that is what happened last.
    pub(super) interrupted: Option<String>,
    /// Why it was paused, likewise.
    pub(super) paused: Option<String>,
    /// The nodes that are being executed, by branch.
    executing: BTreeMap<String, NodeId>,
    reader: JournalReader,
}

impl View {
    /// The state of the run in a directory.
    pub(super) fn open(directory: &RunDirectory, engine: &Engine) -> Result<Self, Error> {
        let manifest = directory.manifest()?;
        let pipeline = engine
            .prepare_stored(&manifest, &directory.source()?)
            .map_err(|error| {
                let text = "the run's pipeline isn't one that this service could run";
                Error::new(ErrorKind::Internal, text).caused_by(error)
            })?;
        let mut view = Self {
            manifest,
            run: Run::new(Arc::clone(pipeline.graph())).with_artifacts(directory.artifacts()),
            seq: 0,
            time: None,
            interrupted: None,
            paused: None,
            executing: BTreeMap::new(),
            reader: directory.reader(),
        };
        view.read()?;
        Ok(view)
    }

    /// Reads what was appended since; whether the view holds. It doesn't if the run went on with
    /// another pipeline, or went back.
    pub(super) fn catch_up(&mut self) -> bool {
        matches!(self.read(), Ok(false))
    }

    /// Reads to the journal's present end; whether the pipeline has changed on the way.
    fn read(&mut self) -> Result<bool, Error> {
        let mut changed = false;
        while let Some(entry) = self.reader.read()? {
            changed |= matches!(
                entry.event,
                RunEvent::RunResumed {
                    graph_changed: true,
                    ..
                }
            );
            self.run.follow(&entry)?;
            self.note(entry);
        }
        Ok(changed)
    }

    fn note(&mut self, entry: JournalEntry) {
        let branch = entry.branch.as_ref().map_or("", BranchPath::as_str);
        (self.interrupted, self.paused) = (None, None);
        match entry.event {
            RunEvent::StageStarted { node, .. } => {
                self.executing.insert(branch.to_owned(), node);
            }
            RunEvent::StageCompleted { .. }
            | RunEvent::StageFailed { .. }
            | RunEvent::ParallelBranchCompleted { .. } => {
                self.executing.remove(branch);
            }
            RunEvent::RunResumed { .. } => self.executing.clear(),
            RunEvent::RunInterrupted { reason } => {
                self.executing.clear();
                self.interrupted = Some(reason);
            }
            RunEvent::RunPaused { reached, .. } => {
                self.executing.clear();
                self.paused = Some(reached.to_string());
            }
            RunEvent::RunCompleted { .. } | RunEvent::RunFailed { .. } => self.executing.clear(),
            _ => {}
        }
        self.seq = entry.seq;
        self.time = Some(entry.time);
    }

    /// The nodes that are being executed.
    pub(super) fn executing(&self) -> Vec<NodeId> {
        self.executing.values().cloned().collect()
    }

    /// How the run ended, if it has.
    pub(super) fn ending(&self) -> Option<&Ending> {
        self.run.ending()
    }

    /// A snapshot of now.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        let time = self.time.as_ref().unwrap_or(&self.manifest.started_at);
        self.run.checkpoint(self.seq, time.as_str())
    }
}

//! What is left of a run, read from its directory: the pipeline and the journal.

use std::path::Path;
use std::sync::Arc;

use attractor_core::journal::RunDirectory;
use attractor_core::{ArtifactStore, Graph, Hop, JournalEntry, Run};

use crate::{Error, compose, place};

/// A run as its directory has it. Nothing is locked: another process may be executing the run.
#[derive(Debug)]
pub(crate) struct Record {
    /// The pipeline, after all transforms.
    pub(crate) graph: Arc<Graph>,
    /// The journal.
    pub(crate) entries: Vec<JournalEntry>,
    artifacts: ArtifactStore,
}

impl Record {
    /// Reads the run in a directory, or with an id in the default place.
    pub(crate) fn open(named: &Path) -> Result<Record, Error> {
        let path = place::existing_run_dir(named)?;
        let directory = RunDirectory::open(&path).map_err(Record::damaged)?;
        let entries = directory.entries().map_err(Record::damaged)?;
        let pipeline = compose::checker()
            .pipeline_of(&directory)
            .map_err(|error| {
                Error::failure(format!("the run's pipeline can't be read: {error}"))
                    .hint("was the run started by another version of attractor?")
            })?;
        Ok(Record {
            graph: Arc::clone(pipeline.graph()),
            entries,
            artifacts: directory.artifacts(),
        })
    }

    /// The state the journal leads to.
    pub(crate) fn replay(&self) -> Result<Run, Error> {
        Run::replay_unverified(Arc::clone(&self.graph), &self.entries).map_err(Record::damaged)
    }

    /// Each hop, with what decided it.
    pub(crate) fn explain(&self) -> Result<Vec<Hop>, Error> {
        let begun = Run::new(Arc::clone(&self.graph)).with_artifacts(self.artifacts.clone());
        begun.explain(&self.entries).map_err(Record::damaged)
    }

    /// Refuses a node that the pipeline doesn't have.
    pub(crate) fn check_node(&self, node: &str) -> Result<(), Error> {
        if self.graph.node(node).is_some() {
            return Ok(());
        }
        let ids: Vec<&str> = self
            .graph
            .nodes()
            .iter()
            .map(|node| node.id().as_str())
            .collect();
        Err(Error::misuse(format!("the pipeline has no node `{node}`"))
            .hint(format!("its nodes: {}", ids.join(", "))))
    }

    /// A file of the run that can't be read back.
    pub(crate) fn damaged(error: attractor_core::Error) -> Error {
        Error::misuse(error.to_string())
            .hint("the record of the run isn't what attractor wrote")
            .caused_by(error)
    }
}

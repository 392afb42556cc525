//! The directory that the runs are kept in.

use std::path::{Path, PathBuf};

use attractor_core::{Manifest, RunDirectory, RunEvent};

use super::status::{PipelineState, PipelineSummary};
use super::{Error, ErrorKind, PipelineId};

/// A directory with a run directory for each pipeline.
#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
}

impl Store {
    /// The directory, which is made if there is none.
    pub(super) fn open(root: &Path) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            let text = format!("can't make {}: {error}", root.display());
            Error::new(ErrorKind::Internal, text).caused_by(error)
        };
        std::fs::create_dir_all(root).map_err(failed)?;
        let root = std::path::absolute(root).map_err(failed)?;
        Ok(Self { root })
    }

    /// Where a run is kept.
    pub(super) fn path(&self, id: &PipelineId) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// The directory of a run, to read it.
    pub(super) fn run(&self, id: &PipelineId) -> Result<RunDirectory, Error> {
        RunDirectory::open(self.path(id))
            .map_err(|_| Error::new(ErrorKind::NotFound, "there is no such pipeline"))
    }

    /// Up to `limit` runs whose ids come before `before`, those with the last ids first, and the
    /// last of these ids if there are more.
    ///
    /// Ids begin with the time, so these are the newest.
    pub(super) fn page(
        &self,
        before: Option<&PipelineId>,
        limit: usize,
    ) -> Result<(Vec<PipelineSummary>, Option<PipelineId>), Error> {
        let mut ids = self.ids()?;
        ids.retain(|id| before.is_none_or(|before| id < before));
        ids.sort_unstable_by(|one, other| other.cmp(one));
        let more = ids.len() > limit;
        ids.truncate(limit);
        let next = ids.last().filter(|_| more).cloned();
        // One that has gone meanwhile, or can't be read, is left out and not in the way.
        let found = ids.into_iter().filter_map(|id| self.summary(id).ok());
        Ok((found.collect(), next))
    }

    /// The ids of all runs.
    fn ids(&self) -> Result<Vec<PipelineId>, Error> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Internal, format!("can't list the runs: {error}"))
        };
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&self.root).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.parse().ok());
            ids.extend(id.filter(|_| entry.path().join("manifest.json").is_file()));
        }
        Ok(ids)
    }

    fn summary(&self, id: PipelineId) -> Result<PipelineSummary, Error> {
        let directory = self.run(&id)?;
        let Manifest {
            name,
            goal,
            started_at,
            ..
        } = directory.manifest()?;
        let last = directory.last_entry()?;
        let state = match last.as_ref().map(|entry| &entry.event) {
            Some(RunEvent::RunCompleted { .. }) => PipelineState::Success,
            Some(RunEvent::RunFailed { .. }) => PipelineState::Fail,
            Some(RunEvent::RunPaused { .. }) => PipelineState::Paused,
            _ => PipelineState::Interrupted,
        };
        Ok(PipelineSummary {
            id,
            name,
            goal,
            started_at,
            status: state,
            last_event_id: last.map_or(0, |entry| entry.seq),
        })
    }
}

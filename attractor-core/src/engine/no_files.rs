//! What `files` does in a build without git mode: nothing.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::drive::EngineRun;
use crate::journal::{Journal, Manifest};
use crate::run::{BranchPath, JournalEntry, RunEvent, StageKey};
use crate::state::Outcome;
use crate::{Error, ErrorKind};

/// The files of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Files(());

impl Files {
    #[expect(clippy::unused_async, reason = "the other build waits for git")]
    pub(super) async fn create(
        _wanted: bool,
        _workdir: &Path,
        _run_id: &str,
        _journal: &dyn Journal,
        _cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        Ok(Self(()))
    }

    #[expect(clippy::unused_async, reason = "the other build waits for git")]
    pub(super) async fn reopen(
        manifest: &Manifest,
        _workdir: &Path,
        _entries: &[JournalEntry],
        _journal: &dyn Journal,
        _cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        if manifest.git_branch.is_none() {
            return Ok(Self(()));
        }
        let text = "the run is in git mode, which this build hasn't: it needs the feature `git`";
        Err(Error::new(ErrorKind::InvalidInput, text))
    }

    pub(super) fn branch(&self, _run_id: &str) -> Option<String> {
        None
    }
}

#[expect(clippy::unused_async, reason = "the other build waits for git")]
impl EngineRun {
    pub(super) fn workdir_of(&self, _stage: &StageKey) -> Arc<Path> {
        Arc::clone(&self.workdir)
    }

    pub(super) async fn before_event(
        &mut self,
        _branch: Option<&BranchPath>,
        _event: &RunEvent,
    ) -> Result<(), Error> {
        Ok(())
    }

    pub(super) async fn after_event(
        &mut self,
        _branch: Option<&BranchPath>,
        _event: &RunEvent,
    ) -> Result<(), Error> {
        let Files(()) = self.files;
        Ok(())
    }

    pub(super) async fn join_files(
        &mut self,
        _stage: &StageKey,
        outcome: Outcome,
    ) -> Result<Outcome, Error> {
        Ok(outcome)
    }
}

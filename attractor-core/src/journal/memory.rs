use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Journal, Manifest};
use crate::run::{JournalEntry, StageKey};
use crate::state::Checkpoint;
use crate::{Error, ErrorKind};

/// A journal that lives as long as its value. Stages have no files.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    created: Option<(Manifest, String)>,
    entries: Vec<JournalEntry>,
    checkpoint: Option<Checkpoint>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of all entries.
    pub fn entries(&self) -> Vec<JournalEntry> {
        self.kept().entries.clone()
    }

    /// The last snapshot.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.kept().checkpoint.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change under the lock is a single push or assignment.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn create(&self, manifest: &Manifest, source: &str) -> Result<(), Error> {
        let mut kept = self.kept();
        if kept.created.is_some() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "the journal holds a run already",
            ));
        }
        kept.created = Some((manifest.clone(), source.to_owned()));
        Ok(())
    }

    async fn describe(&self) -> Result<(Manifest, String), Error> {
        let created = self.kept().created.clone();
        created.ok_or_else(|| Error::new(ErrorKind::NotFound, "the journal holds no run"))
    }

    async fn replace_source(&self, source: &str) -> Result<(), Error> {
        if let Some((_, stored)) = &mut self.kept().created {
            source.clone_into(stored);
        }
        Ok(())
    }

    async fn append(&self, entry: &JournalEntry) -> Result<(), Error> {
        self.kept().entries.push(entry.clone());
        Ok(())
    }

    async fn load(&self) -> Result<Vec<JournalEntry>, Error> {
        Ok(self.entries())
    }

    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), Error> {
        self.kept().checkpoint = Some(checkpoint);
        Ok(())
    }

    async fn begin_stage(&self, _stage: &StageKey) -> Result<Option<PathBuf>, Error> {
        Ok(None)
    }

    fn root(&self) -> Option<&Path> {
        None
    }
}

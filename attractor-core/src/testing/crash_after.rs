use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::journal::{Journal, Manifest};
use crate::run::{JournalEntry, StageKey};
use crate::state::Checkpoint;
use crate::{Error, ErrorKind};

/// How a [`CrashAfter`] crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crash {
    /// With an error: the engine stops at once, as if its process had died there.
    Error,
    /// By aborting the process.
    Abort,
}

/// A journal that crashes right after a number of appended entries; nothing is stored from then
/// on.
#[derive(Debug)]
pub struct CrashAfter {
    inner: Arc<dyn Journal>,
    left: AtomicU64,
    crash: Crash,
}

impl CrashAfter {
    /// Crashes after `entries` more entries; with 0, instead of the first one.
    pub fn new(inner: Arc<dyn Journal>, entries: u64, crash: Crash) -> Self {
        Self {
            inner,
            left: AtomicU64::new(entries),
            crash,
        }
    }

    fn alive(&self) -> Result<(), Error> {
        if self.left.load(Ordering::SeqCst) > 0 {
            Ok(())
        } else {
            Err(self.die())
        }
    }

    fn die(&self) -> Error {
        match self.crash {
            Crash::Error => Error::new(ErrorKind::Io, "injected crash"),
            Crash::Abort => std::process::abort(),
        }
    }
}

#[async_trait]
impl Journal for CrashAfter {
    async fn create(&self, manifest: &Manifest, source: &str) -> Result<(), Error> {
        self.inner.create(manifest, source).await
    }

    async fn describe(&self) -> Result<(Manifest, String), Error> {
        self.inner.describe().await
    }

    async fn replace_source(&self, source: &str) -> Result<(), Error> {
        self.alive()?;
        self.inner.replace_source(source).await
    }

    async fn append(&self, entry: &JournalEntry) -> Result<(), Error> {
        self.alive()?;
        self.inner.append(entry).await?;
        // The engine appends one entry at a time, so nothing comes between the two accesses.
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(self.die());
        }
        Ok(())
    }

    async fn load(&self) -> Result<Vec<JournalEntry>, Error> {
        self.inner.load().await
    }

    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), Error> {
        self.alive()?;
        self.inner.save_checkpoint(checkpoint).await
    }

    async fn begin_stage(&self, stage: &StageKey) -> Result<Option<PathBuf>, Error> {
        self.alive()?;
        self.inner.begin_stage(stage).await
    }

    fn root(&self) -> Option<&Path> {
        self.inner.root()
    }
}

//! Where a run is kept: its events, a snapshot of its state, and the files of its stages.

mod files;
mod log;
mod manifest;
mod memory;
mod put_back;
mod reader;
mod rewrite;
mod run_directory;
mod stage_directory;

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::Error;
use crate::run::{JournalEntry, StageKey};
use crate::state::Checkpoint;

pub use self::manifest::Manifest;
pub use self::memory::MemoryJournal;
pub use self::reader::JournalReader;
pub use self::run_directory::RunDirectory;

pub(crate) use self::files::{read_limited, write_atomic, write_new};
pub(crate) use self::rewrite::Attempts;
pub(crate) use self::stage_directory::{
    CHILD as CHILD_DIRECTORY, earlier_attempt, holds_run, path as stage_path,
};

/// Where one run is kept.
///
/// Source: attractor-spec 5.3 and 5.6.
#[async_trait]
pub trait Journal: Debug + Send + Sync + 'static {
    /// Stores what a run needs to be resumed: called once, before the first event.
    ///
    /// # Behavior
    ///
    /// - Either both are stored or neither.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) if a run is kept here
    /// already, [`ErrorKind::Io`](crate::ErrorKind::Io) if storing fails.
    async fn create(&self, manifest: &Manifest, source: &str) -> Result<(), Error>;

    /// What [`create`](Journal::create) stored: the manifest and the pipeline's source text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if no run is kept here,
    /// [`ErrorKind::Damaged`](crate::ErrorKind::Damaged) if it can't be read.
    async fn describe(&self) -> Result<(Manifest, String), Error>;

    /// Replaces the pipeline's source text, because the run goes on with another pipeline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if storing fails.
    async fn replace_source(&self, source: &str) -> Result<(), Error>;

    /// Appends one entry.
    ///
    /// # Behavior
    ///
    /// - When it returns, the entry survives the end of the process.
    /// - A failure leaves the journal as it was before, or with a torn last entry that
    ///   [`load`](Journal::load) ignores; never with a torn entry before another one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if storing fails: disk full, permissions.
    async fn append(&self, entry: &JournalEntry) -> Result<(), Error>;

    /// All entries in order.
    ///
    /// # Behavior
    ///
    /// - A last entry that was torn by a crash is ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`](crate::ErrorKind::Damaged), with its number, if any other entry
    /// can't be read.
    async fn load(&self) -> Result<Vec<JournalEntry>, Error>;

    /// Replaces the snapshot.
    ///
    /// # Behavior
    ///
    /// - A reader sees the old or the new snapshot, never a part of one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if storing fails.
    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), Error>;

    /// Prepares the files of an attempt and returns their directory, which is then empty but for
    /// the files of earlier attempts; nothing if runs keep no files here.
    ///
    /// # Behavior
    ///
    /// - Keeps the files of the node's earlier attempts.
    /// - Called again for the same attempt, after a crash, it discards what the attempt had left.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if that fails.
    async fn begin_stage(&self, stage: &StageKey) -> Result<Option<PathBuf>, Error>;

    /// The run directory, if there is one.
    fn root(&self) -> Option<&Path>;
}

const _: Option<&dyn Journal> = None;

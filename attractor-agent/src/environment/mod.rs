//! Where tools run: files and commands behind one small trait.
//!
//! Tools never touch the file system or start a process themselves; they ask an
//! [`ExecutionEnvironment`]. [`LocalEnvironment`] is this machine; a container, a pod or a remote
//! host is another implementation, and the suite in `testing::environment_suite` says what each
//! must satisfy.

mod exec;
mod local;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

pub use self::{
    exec::{CapturedOutput, ExecCommand, ExecResult, OutputSink, OutputStream},
    local::{EnvironmentPolicy, LocalEnvironment, LocalEnvironmentBuilder},
};
use crate::error::Error;

/// An entry of a directory listing (coding-agent-loop-spec 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirEntry {
    /// The path relative to the listed directory, with `/` between its parts.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// The size in bytes of a file.
    pub size: Option<u64>,
}

impl DirEntry {
    /// A file of this size.
    #[must_use]
    pub fn file(name: impl Into<String>, size: u64) -> Self {
        Self {
            name: name.into(),
            is_dir: false,
            size: Some(size),
        }
    }

    /// A directory.
    #[must_use]
    pub fn directory(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            is_dir: true,
            size: None,
        }
    }
}

/// Files and commands, wherever they are (coding-agent-loop-spec 4.1).
///
/// Relative paths are relative to [`working_directory`](Self::working_directory). Files are
/// bytes: what isn't UTF-8 stays as it is.
#[async_trait]
pub trait ExecutionEnvironment: Debug + Send + Sync + 'static {
    /// Prepares the environment; called at the start of every session.
    ///
    /// # Behavior
    /// - May be called more than once; later calls do nothing.
    async fn initialize(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Ends what commands left running and removes what the environment keeps for itself. The
    /// host calls it when no session uses the environment any more.
    async fn cleanup(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The directory that relative paths and commands start from, absolute.
    fn working_directory(&self) -> &str;

    /// The same environment with another directory to start from: a stage of a pipeline may work
    /// in a directory of its own. Nothing where an environment can't move.
    ///
    /// # Errors
    /// Where the directory is missing or isn't one.
    fn in_directory(
        &self,
        _directory: &str,
    ) -> Result<Option<Arc<dyn ExecutionEnvironment>>, Error> {
        Ok(None)
    }

    /// `linux`, `darwin`, `windows` or `wasm`.
    fn platform(&self) -> &str;

    /// The operating system's name and version.
    fn os_version(&self) -> &str;

    /// A directory of this environment for output that is too long to show, created on first use
    /// and removed with the environment. Absolute.
    async fn scratch_directory(&self) -> Result<String, Error>;

    /// The content of a file.
    ///
    /// # Behavior
    /// - `NotFound` for a path that doesn't exist, `InvalidInput` for a directory, `Limit` for a
    ///   file that is too large to read whole.
    async fn read_file(&self, path: &str) -> Result<Bytes, Error>;

    /// Replaces or creates a file.
    ///
    /// # Behavior
    /// - Creates missing parent directories.
    /// - A reader sees the old content or the new, never a part of it.
    /// - Keeps the mode of an existing file, and writes through a symbolic link.
    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error>;

    /// Whether the path exists, as a file or a directory.
    async fn file_exists(&self, path: &str) -> Result<bool, Error>;

    /// What a directory holds, `depth` levels deep (1: its own entries), sorted by name.
    ///
    /// # Behavior
    /// - Doesn't follow symbolic links to directories.
    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error>;

    /// Runs a shell command to its end.
    ///
    /// # Behavior
    /// - Standard input is empty.
    /// - Returns when the command itself has exited, even if a child of it keeps running with the
    ///   output open.
    /// - On the timeout and on a cancel ends the command and its children and returns what was
    ///   written so far, with `timed_out` or `cancelled` set; a failed command is not an error.
    /// - An error means that the command could not be started or observed.
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error>;
}

const _: Option<&dyn ExecutionEnvironment> = None;

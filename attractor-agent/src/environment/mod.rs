//! Where tools run: files, commands and searches behind three small traits, and one for the
//! whole.
//!
//! Tools never touch the file system or start a process themselves; they ask an
//! [`ExecutionEnvironment`]. [`LocalEnvironment`] is this machine; a container, a pod or a remote
//! host is another implementation, and the suite in `testing::environment_suite` says what each
//! must satisfy.

mod commands;
mod exec;
mod files;
mod local;
mod logging;
mod path;
mod read_only;
mod scoped;
mod search;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

pub(crate) use self::search::Filter;
pub use self::{
    commands::{CommandExecution, RunningCommand},
    exec::{CapturedOutput, ExecCommand, ExecResult, OutputSink, OutputStream},
    files::{DirEntry, FileOperations},
    local::{EnvironmentPolicy, LocalEnvironment, LocalEnvironmentBuilder},
    logging::{LogEntry, LogOutcome, LoggingEnvironment},
    path::lexical_path,
    read_only::ReadOnlyEnvironment,
    scoped::ScopedEnvironment,
    search::{
        GlobResult, GrepFile, GrepLine, GrepOptions, GrepOutput, GrepResult, SearchOperations,
        SearchStop,
    },
};
pub(crate) use self::{files::canonical_entry, path::is_within};
use crate::error::Error;

/// Files and commands, wherever they are (coding-agent-loop-spec 4.1).
///
/// The whole of an environment: its [`FileOperations`], its [`CommandExecution`], its
/// [`SearchOperations`], and here its life and what is known about it. A `dyn
/// ExecutionEnvironment` has the methods of all.
#[async_trait]
pub trait ExecutionEnvironment:
    FileOperations + CommandExecution + SearchOperations + Debug + Send + Sync + 'static
{
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
}

const _: Option<&dyn ExecutionEnvironment> = None;

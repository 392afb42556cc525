//! This machine: direct file access and child processes.

mod canonical;
mod env_filter;
mod files;
mod group;
#[cfg(target_os = "linux")]
mod ignored;
mod pipe;
mod process;
#[cfg(unix)]
mod running;
mod search;
mod shell;
mod spill;
#[cfg(unix)]
mod terminal;
mod walk;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_trait::async_trait;

pub use self::env_filter::EnvironmentPolicy;
use super::ExecutionEnvironment;
use crate::error::{Error, ErrorKind};

/// The machine that this process runs on (coding-agent-loop-spec 4.2).
///
/// Commands run in their own session without a terminal, with secrets filtered out of their
/// variables. What they leave running in the background is ended by
/// [`cleanup`](ExecutionEnvironment::cleanup) or when the environment is dropped.
///
/// ```
/// use std::time::Duration;
/// use attractor_agent::{CommandExecution, ExecCommand, LocalEnvironment};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let environment = LocalEnvironment::new(std::env::temp_dir())?;
/// let command = ExecCommand::new("echo hi", Duration::from_secs(10));
/// let result = environment.exec_command(command).await?;
/// assert_eq!(result.stdout.text(), "hi\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LocalEnvironment {
    working_directory: PathBuf,
    working_directory_text: String,
    policy: EnvironmentPolicy,
    shell: PathBuf,
    os_version: String,
    scratch: OnceLock<tempfile::TempDir>,
    background: Mutex<BTreeSet<u32>>,
}

/// Builds a [`LocalEnvironment`].
#[derive(Debug)]
#[must_use]
pub struct LocalEnvironmentBuilder {
    working_directory: PathBuf,
    policy: EnvironmentPolicy,
    shell: Option<PathBuf>,
}

impl LocalEnvironmentBuilder {
    /// The POSIX shell that runs commands; bash where there is one, else `sh`, unless set.
    pub fn shell(mut self, shell: impl Into<PathBuf>) -> Self {
        self.shell = Some(shell.into());
        self
    }

    /// Which variables commands inherit.
    pub fn policy(mut self, policy: EnvironmentPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The environment.
    ///
    /// # Errors
    /// `NotFound` or `InvalidInput` where the working directory is missing, isn't a directory, or
    /// its path isn't UTF-8; `Configuration` without a shell on the machine.
    pub fn build(self) -> Result<LocalEnvironment, Error> {
        let shown = self.working_directory.display().to_string();
        let directory = std::path::absolute(&self.working_directory)
            .map_err(|error| Error::io(&format!("find working directory {shown}"), error))?;
        let metadata = std::fs::metadata(&directory)
            .map_err(|error| Error::io(&format!("open working directory {shown}"), error))?;
        if !metadata.is_dir() {
            return Err(Error::invalid_input(format!("{shown} is not a directory")));
        }
        let text = directory.to_str().map(str::to_owned).ok_or_else(|| {
            Error::invalid_input(format!(
                "the path of the working directory {shown} is not UTF-8"
            ))
        })?;
        Ok(LocalEnvironment {
            working_directory: directory,
            working_directory_text: text,
            policy: self.policy,
            shell: self.shell.map_or_else(shell::find, Ok)?,
            os_version: shell::os_version(),
            scratch: OnceLock::new(),
            background: Mutex::default(),
        })
    }
}

impl LocalEnvironment {
    /// An environment in this directory with the default policy.
    ///
    /// # Errors
    /// As [`LocalEnvironmentBuilder::build`].
    pub fn new(working_directory: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::builder(working_directory).build()
    }

    /// An environment in this directory, to be configured.
    pub fn builder(working_directory: impl Into<PathBuf>) -> LocalEnvironmentBuilder {
        LocalEnvironmentBuilder {
            working_directory: working_directory.into(),
            policy: EnvironmentPolicy::default(),
            shell: None,
        }
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.working_directory.join(path)
    }

    fn scratch(&self) -> Result<&Path, Error> {
        if let Some(directory) = self.scratch.get() {
            return Ok(directory.path());
        }
        let created = tempfile::Builder::new()
            .prefix("attractor-")
            .tempdir()
            .map_err(|error| Error::io("create a scratch directory", error))?;
        Ok(self.scratch.get_or_init(|| created).path())
    }

    /// Notes a group that outlives its command, and forgets those that are gone.
    fn remember_background(&self, group: u32) {
        let mut groups = self
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        groups.retain(|&group| group::group_exists(group));
        groups.insert(group);
    }

    fn end_background(&self) {
        let groups = std::mem::take(
            &mut *self
                .background
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        groups.into_iter().for_each(group::kill_group);
    }
}

impl Drop for LocalEnvironment {
    fn drop(&mut self) {
        self.end_background();
    }
}

#[async_trait]
impl ExecutionEnvironment for LocalEnvironment {
    async fn cleanup(&self) -> Result<(), Error> {
        self.end_background();
        Ok(())
    }

    fn working_directory(&self) -> &str {
        &self.working_directory_text
    }

    fn in_directory(
        &self,
        directory: &str,
    ) -> Result<Option<Arc<dyn ExecutionEnvironment>>, Error> {
        let builder = Self::builder(directory).policy(self.policy);
        let there = builder.shell(&self.shell).build()?;
        Ok(Some(Arc::new(there)))
    }

    fn platform(&self) -> &str {
        if cfg!(target_os = "macos") {
            "darwin"
        } else {
            std::env::consts::OS
        }
    }

    fn os_version(&self) -> &str {
        &self.os_version
    }

    async fn scratch_directory(&self) -> Result<String, Error> {
        self.scratch()?.to_str().map(str::to_owned).ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "the temporary directory's path is not UTF-8",
            )
        })
    }
}

//! An environment that changes nothing.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    CommandExecution, DirEntry, ExecCommand, ExecResult, ExecutionEnvironment, FileOperations,
    GlobResult, GrepOptions, GrepResult, RunningCommand, SearchOperations, files::canonical_entry,
    path::is_within,
};
use crate::error::{Error, ErrorKind};

/// Another environment, of which nothing can be changed (coding-agent-loop-spec 4.4).
///
/// Writing and removing files is refused with `PermissionDenied`, but for the [scratch
/// directory](ExecutionEnvironment::scratch_directory), where long outputs are kept. A command can
/// write whatever its user can, so commands are refused unless they are [allowed
/// ](Self::allow_commands).
#[derive(Debug, Clone)]
pub struct ReadOnlyEnvironment {
    inner: Arc<dyn ExecutionEnvironment>,
    commands: bool,
}

impl ReadOnlyEnvironment {
    /// The environment for reading.
    #[must_use]
    pub fn new(inner: Arc<dyn ExecutionEnvironment>) -> Self {
        Self {
            inner,
            commands: false,
        }
    }

    /// Lets commands run, whatever they change.
    #[must_use]
    pub fn allow_commands(mut self) -> Self {
        self.commands = true;
        self
    }

    /// `real` is the canonical path of what would change.
    async fn check_change(&self, path: &str, real: &str) -> Result<(), Error> {
        if let Ok(scratch) = self.inner.scratch_directory().await
            && is_within(real, &self.inner.canonical_path(&scratch).await?)
        {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::PermissionDenied,
            format!("{path} can't be changed: write operations are disabled in read-only mode"),
        ))
    }

    fn check_commands(&self) -> Result<(), Error> {
        if self.commands {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::PermissionDenied,
            "commands are not allowed in read-only mode, as they could change files",
        ))
    }
}

#[async_trait]
impl FileOperations for ReadOnlyEnvironment {
    async fn read_file(&self, path: &str) -> Result<Bytes, Error> {
        self.inner.read_file(path).await
    }

    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let real = self.inner.canonical_path(path).await?;
        self.check_change(path, &real).await?;
        self.inner.write_file(&real, content).await
    }

    async fn remove_file(&self, path: &str) -> Result<(), Error> {
        let real = canonical_entry(&*self.inner, path).await?;
        self.check_change(path, &real).await?;
        self.inner.remove_file(&real).await
    }

    async fn rename_file(&self, from: &str, to: &str) -> Result<(), Error> {
        let real_from = canonical_entry(&*self.inner, from).await?;
        self.check_change(from, &real_from).await?;
        let real_to = self.inner.canonical_path(to).await?;
        self.check_change(to, &real_to).await?;
        self.inner.rename_file(&real_from, &real_to).await
    }

    async fn file_exists(&self, path: &str) -> Result<bool, Error> {
        self.inner.file_exists(path).await
    }

    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
        self.inner.list_directory(path, depth).await
    }

    async fn canonical_path(&self, path: &str) -> Result<String, Error> {
        self.inner.canonical_path(path).await
    }
}

#[async_trait]
impl CommandExecution for ReadOnlyEnvironment {
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error> {
        self.check_commands()?;
        self.inner.exec_command(command).await
    }

    async fn start_command(&self, command: ExecCommand) -> Result<Arc<dyn RunningCommand>, Error> {
        self.check_commands()?;
        self.inner.start_command(command).await
    }
}

#[async_trait]
impl SearchOperations for ReadOnlyEnvironment {
    async fn grep(
        &self,
        pattern: &str,
        path: &str,
        options: &GrepOptions,
    ) -> Result<GrepResult, Error> {
        self.inner.grep(pattern, path, options).await
    }

    async fn glob(
        &self,
        pattern: &str,
        path: &str,
        max_results: usize,
    ) -> Result<GlobResult, Error> {
        self.inner.glob(pattern, path, max_results).await
    }
}

#[async_trait]
impl ExecutionEnvironment for ReadOnlyEnvironment {
    async fn initialize(&self) -> Result<(), Error> {
        self.inner.initialize().await
    }

    async fn cleanup(&self) -> Result<(), Error> {
        self.inner.cleanup().await
    }

    fn working_directory(&self) -> &str {
        self.inner.working_directory()
    }

    fn in_directory(
        &self,
        directory: &str,
    ) -> Result<Option<Arc<dyn ExecutionEnvironment>>, Error> {
        let moved = self.inner.in_directory(directory)?.map(|inner| {
            let commands = self.commands;
            Arc::new(Self { inner, commands }) as Arc<dyn ExecutionEnvironment>
        });
        Ok(moved)
    }

    fn platform(&self) -> &str {
        self.inner.platform()
    }

    fn os_version(&self) -> &str {
        self.inner.os_version()
    }

    async fn scratch_directory(&self) -> Result<String, Error> {
        self.inner.scratch_directory().await
    }
}

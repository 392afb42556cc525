//! An environment confined to a directory.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    CommandExecution, DirEntry, ExecCommand, ExecResult, ExecutionEnvironment, FileOperations,
    GlobResult, GrepOptions, GrepResult, RunningCommand, SearchOperations,
    files::canonical_entry,
    path::{is_within, join, lexical_path},
    search::GlobPattern,
};
use crate::error::{Error, ErrorKind};

/// Another environment, of which only one directory can be reached.
///
/// A path that leads out of the directory, by `..`, as an absolute path or through symbolic links,
/// is refused with `PermissionDenied`. The [scratch
/// directory](ExecutionEnvironment::scratch_directory) stays reachable: long outputs are kept there.
///
/// A path is looked at before it is used: whoever can replace directories by links in between can
/// lead it astray. Confining what is hostile needs the operating system.
///
/// A command can reach whatever its user can, so commands are refused unless they are [allowed
/// ](Self::allow_commands).
///
/// ```
/// use std::sync::Arc;
/// use attractor_agent::{ErrorKind, FileOperations, LocalEnvironment, ScopedEnvironment};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let inner = Arc::new(LocalEnvironment::new(std::env::temp_dir())?);
/// let environment = ScopedEnvironment::new(inner, ".").await?;
/// let refused = environment.read_file("../etc/passwd").await;
/// assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ScopedEnvironment {
    inner: Arc<dyn ExecutionEnvironment>,
    /// Without symbolic links.
    root: String,
    working_directory: String,
    commands: bool,
}

impl ScopedEnvironment {
    /// The environment, confined to this directory, which becomes its working directory.
    ///
    /// # Errors
    /// Where the directory is missing or isn't one.
    pub async fn new(inner: Arc<dyn ExecutionEnvironment>, directory: &str) -> Result<Self, Error> {
        let root = inner.canonical_path(directory).await?;
        inner.list_directory(&root, 1).await?;
        Ok(Self {
            inner,
            working_directory: root.clone(),
            root,
            commands: false,
        })
    }

    /// Lets commands run. They start within the directory, and nothing keeps them there.
    #[must_use]
    pub fn allow_commands(mut self) -> Self {
        self.commands = true;
        self
    }

    /// The canonical path, if it is within reach.
    async fn reach(&self, path: &str) -> Result<String, Error> {
        let joined = join(&self.working_directory, path);
        let found = self.inner.canonical_path(&joined).await?;
        self.within(found, path).await
    }

    /// As [`reach`](Self::reach), for the entry itself where it is a symbolic link.
    async fn reach_entry(&self, path: &str) -> Result<String, Error> {
        let joined = join(&self.working_directory, path);
        let found = canonical_entry(&*self.inner, &joined).await?;
        self.within(found, path).await
    }

    async fn within(&self, found: String, asked: &str) -> Result<String, Error> {
        if is_within(&found, &self.root) || self.is_scratch(&found).await {
            return Ok(found);
        }
        Err(self.out_of_reach(asked))
    }

    async fn is_scratch(&self, path: &str) -> bool {
        let Ok(scratch) = self.inner.scratch_directory().await else {
            return false;
        };
        let scratch = self.inner.canonical_path(&scratch).await;
        scratch.is_ok_and(|scratch| is_within(path, &scratch))
    }

    fn out_of_reach(&self, path: &str) -> Error {
        Error::new(
            ErrorKind::PermissionDenied,
            format!(
                "{path} is outside of {}, and nothing there can be reached",
                self.root
            ),
        )
    }

    /// The command, started within reach.
    async fn confine(&self, mut command: ExecCommand) -> Result<ExecCommand, Error> {
        if !self.commands {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "commands are not allowed here: this environment is confined to a directory",
            ));
        }
        let directory = command.working_dir.as_deref().unwrap_or(".");
        command.working_dir = Some(self.reach(directory).await?);
        Ok(command)
    }
}

#[async_trait]
impl FileOperations for ScopedEnvironment {
    async fn read_file(&self, path: &str) -> Result<Bytes, Error> {
        self.inner.read_file(&self.reach(path).await?).await
    }

    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let path = self.reach(path).await?;
        self.inner.write_file(&path, content).await
    }

    async fn remove_file(&self, path: &str) -> Result<(), Error> {
        let path = self.reach_entry(path).await?;
        self.inner.remove_file(&path).await
    }

    async fn rename_file(&self, from: &str, to: &str) -> Result<(), Error> {
        let (from, to) = (self.reach_entry(from).await?, self.reach(to).await?);
        self.inner.rename_file(&from, &to).await
    }

    async fn file_exists(&self, path: &str) -> Result<bool, Error> {
        self.inner.file_exists(&self.reach(path).await?).await
    }

    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
        let path = self.reach(path).await?;
        self.inner.list_directory(&path, depth).await
    }

    async fn canonical_path(&self, path: &str) -> Result<String, Error> {
        self.reach(path).await
    }
}

#[async_trait]
impl CommandExecution for ScopedEnvironment {
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error> {
        let command = self.confine(command).await?;
        self.inner.exec_command(command).await
    }

    async fn start_command(&self, command: ExecCommand) -> Result<Arc<dyn RunningCommand>, Error> {
        let command = self.confine(command).await?;
        self.inner.start_command(command).await
    }
}

#[async_trait]
impl SearchOperations for ScopedEnvironment {
    async fn grep(
        &self,
        pattern: &str,
        path: &str,
        options: &GrepOptions,
    ) -> Result<GrepResult, Error> {
        let real = self.reach(path).await?;
        let mut result = self.inner.grep(pattern, &real, options).await?;
        for file in &mut result.files {
            file.path = as_asked(&file.path, &real, path);
        }
        Ok(result)
    }

    async fn glob(
        &self,
        pattern: &str,
        path: &str,
        max_results: usize,
    ) -> Result<GlobResult, Error> {
        let pattern = GlobPattern::new(pattern, path)?;
        let directory = &pattern.directory;
        let real = self.reach(directory).await?;
        let mut result = self.inner.glob(&pattern.rest, &real, max_results).await?;
        for path in &mut result.paths {
            *path = as_asked(path, &real, directory);
        }
        Ok(result)
    }
}

/// A path that was found below `real`, as it is called below the path that was asked for.
fn as_asked(found: &str, real: &str, asked: &str) -> String {
    let relative = found.strip_prefix(real).unwrap_or(found);
    join(asked, relative.trim_start_matches('/'))
}

#[async_trait]
impl ExecutionEnvironment for ScopedEnvironment {
    async fn initialize(&self) -> Result<(), Error> {
        self.inner.initialize().await
    }

    async fn cleanup(&self) -> Result<(), Error> {
        self.inner.cleanup().await
    }

    fn working_directory(&self) -> &str {
        &self.working_directory
    }

    fn in_directory(
        &self,
        directory: &str,
    ) -> Result<Option<Arc<dyn ExecutionEnvironment>>, Error> {
        // What a link on the way leads to is looked at with every path that is used there.
        let there = lexical_path(&self.working_directory, directory);
        if !is_within(&there, &self.root) {
            return Err(self.out_of_reach(directory));
        }
        let moved = self.inner.in_directory(&there)?.map(|inner| {
            let moved = Self {
                inner,
                root: self.root.clone(),
                working_directory: there,
                commands: self.commands,
            };
            Arc::new(moved) as Arc<dyn ExecutionEnvironment>
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

//! An environment without a machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    CommandExecution, DirEntry, Error, ErrorKind, ExecCommand, ExecResult, ExecutionEnvironment,
    FileOperations, SearchOperations, lexical_path,
};

const ROOT: &str = "/work";
const SCRATCH: &str = "/scratch";

type CommandFn = dyn Fn(&ExecCommand) -> Result<ExecResult, Error> + Send + Sync;

/// Files in memory, and commands that a function answers: for tests of tools and sessions, and an
/// example of how little an environment needs.
///
/// The working directory is `/work`.
///
/// ```
/// use attractor_agent::{FileOperations, testing::MemoryEnvironment};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let environment = MemoryEnvironment::new().file("src/main.rs", "fn main() {}\n");
/// assert_eq!(environment.read_file("src/main.rs").await?, "fn main() {}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct MemoryEnvironment {
    files: Mutex<BTreeMap<String, File>>,
    commands: Option<Arc<CommandFn>>,
}

#[derive(Debug)]
struct File {
    content: Bytes,
    modified: SystemTime,
}

impl MemoryEnvironment {
    /// No files, no commands.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, content: impl Into<Bytes>) -> Self {
        self.put(path, content.into());
        self
    }

    /// Answers commands with this function; they are refused otherwise.
    #[must_use]
    pub fn commands(
        mut self,
        answer: impl Fn(&ExecCommand) -> Result<ExecResult, Error> + Send + Sync + 'static,
    ) -> Self {
        self.commands = Some(Arc::new(answer));
        self
    }

    fn put(&self, path: &str, content: Bytes) {
        let modified = SystemTime::now();
        let file = File { content, modified };
        self.files().insert(lexical_path(ROOT, path), file);
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A directory is there as long as a file is in it, and the two that begin empty.
    fn is_directory(&self, absolute: &str) -> bool {
        let below = format!("{}/", absolute.trim_end_matches('/'));
        let has_file = self.files().keys().any(|file| file.starts_with(&below));
        has_file || [ROOT, SCRATCH, "/"].contains(&absolute)
    }

    /// The absolute path of a file, if there is no directory in its place.
    fn no_directory(&self, path: &str) -> Result<String, Error> {
        let absolute = lexical_path(ROOT, path);
        if self.is_directory(&absolute) {
            let message = format!("{path} is a directory");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        Ok(absolute)
    }
}

impl fmt::Debug for MemoryEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEnvironment")
            .field("files", &self.files().keys())
            .finish_non_exhaustive()
    }
}

fn missing(path: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{path} does not exist"))
}

#[async_trait]
impl FileOperations for MemoryEnvironment {
    async fn read_file(&self, path: &str) -> Result<Bytes, Error> {
        let absolute = self.no_directory(path)?;
        let files = self.files();
        let file = files.get(&absolute).ok_or_else(|| missing(path))?;
        Ok(file.content.clone())
    }

    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let absolute = self.no_directory(path)?;
        self.put(&absolute, Bytes::copy_from_slice(content));
        Ok(())
    }

    async fn remove_file(&self, path: &str) -> Result<(), Error> {
        let absolute = self.no_directory(path)?;
        let removed = self.files().remove(&absolute);
        removed.map(drop).ok_or_else(|| missing(path))
    }

    async fn file_exists(&self, path: &str) -> Result<bool, Error> {
        let absolute = lexical_path(ROOT, path);
        let is_file = self.files().contains_key(&absolute);
        Ok(is_file || self.is_directory(&absolute))
    }

    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
        let absolute = lexical_path(ROOT, path);
        if !self.is_directory(&absolute) {
            return Err(match self.files().contains_key(&absolute) {
                true => Error::new(ErrorKind::InvalidInput, format!("{path} is a file")),
                false => missing(path),
            });
        }
        let below = format!("{}/", absolute.trim_end_matches('/'));
        let (mut entries, mut directories) = (Vec::new(), BTreeSet::new());
        for (name, file) in self.files().iter() {
            let Some(relative) = name.strip_prefix(&below) else {
                continue;
            };
            let parts: Vec<&str> = relative.split('/').collect();
            for level in 1..parts.len().min(depth + 1) {
                let directory = parts[..level].join("/");
                if directories.insert(directory.clone()) {
                    entries.push(DirEntry::directory(directory));
                }
            }
            if parts.len() <= depth {
                let entry = DirEntry::file(relative, file.content.len() as u64);
                entries.push(entry.modified(Some(file.modified)));
            }
        }
        entries.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
        Ok(entries)
    }

    async fn canonical_path(&self, path: &str) -> Result<String, Error> {
        Ok(lexical_path(ROOT, path))
    }
}

#[async_trait]
impl CommandExecution for MemoryEnvironment {
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error> {
        let refused = || Error::new(ErrorKind::Unsupported, "there are no commands here");
        let answer = self.commands.as_ref().ok_or_else(refused)?;
        answer(&command)
    }
}

impl SearchOperations for MemoryEnvironment {}

#[async_trait]
impl ExecutionEnvironment for MemoryEnvironment {
    fn working_directory(&self) -> &str {
        ROOT
    }

    fn platform(&self) -> &str {
        "wasm"
    }

    fn os_version(&self) -> &str {
        "memory"
    }

    async fn scratch_directory(&self) -> Result<String, Error> {
        Ok(SCRATCH.to_owned())
    }
}

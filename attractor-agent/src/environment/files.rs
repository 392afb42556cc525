//! File operations: the part of an environment that tools read and write through.

use std::{fmt::Debug, time::SystemTime};

use async_trait::async_trait;
use bytes::Bytes;

use super::path::{join, split};
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
    /// Whether it is a symbolic link, to whatever; `is_dir` is then false.
    pub is_link: bool,
    /// When it was last changed, where the environment knows.
    pub modified: Option<SystemTime>,
}

impl DirEntry {
    /// A file of this size.
    #[must_use]
    pub fn file(name: impl Into<String>, size: u64) -> Self {
        Self {
            name: name.into(),
            is_dir: false,
            size: Some(size),
            is_link: false,
            modified: None,
        }
    }

    /// A directory.
    #[must_use]
    pub fn directory(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            is_dir: true,
            size: None,
            is_link: false,
            modified: None,
        }
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            is_dir: false,
            size: None,
            is_link: true,
            modified: None,
        }
    }

    /// Sets when it was last changed.
    #[must_use]
    pub fn modified(mut self, modified: Option<SystemTime>) -> Self {
        self.modified = modified;
        self
    }
}

/// The files of an environment (coding-agent-loop-spec 4.1, "File operations").
///
/// Relative paths are relative to the environment's working directory. Files are bytes: what isn't
/// UTF-8 stays as it is.
#[async_trait]
pub trait FileOperations: Debug + Send + Sync + 'static {
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

    /// Removes a file.
    ///
    /// # Behavior
    /// - `NotFound` for a path that doesn't exist, `InvalidInput` for a directory.
    /// - Of a symbolic link removes the link, not what it points to.
    async fn remove_file(&self, path: &str) -> Result<(), Error>;

    /// Gives a file another path.
    ///
    /// # Behavior
    /// - Creates missing parent directories; replaces a file that is there.
    /// - The file keeps its mode where the environment has modes; this implementation, which reads,
    ///   writes and removes, doesn't.
    async fn rename_file(&self, from: &str, to: &str) -> Result<(), Error> {
        let content = self.read_file(from).await?;
        self.write_file(to, &content).await?;
        self.remove_file(from).await
    }

    /// Whether the path exists, as a file or a directory.
    async fn file_exists(&self, path: &str) -> Result<bool, Error>;

    /// What a directory holds, `depth` levels deep (1: its own entries), sorted by name.
    ///
    /// # Behavior
    /// - Doesn't follow symbolic links, and says which entries are.
    /// - `NotFound` for a path that doesn't exist, `InvalidInput` for a file.
    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error>;

    /// The one absolute path of a file: two paths mean the same file where these are equal.
    ///
    /// # Behavior
    /// - Symbolic links are resolved as far as the path exists, those included that point to
    ///   nothing yet; what doesn't exist is appended as it is.
    /// - `.` and `..` are gone.
    /// - An environment without symbolic links can answer with [`lexical_path`](crate::lexical_path).
    async fn canonical_path(&self, path: &str) -> Result<String, Error>;
}

const _: Option<&dyn FileOperations> = None;

/// The canonical path of a directory's entry: of a symbolic link its own, not what it points to.
pub(crate) async fn canonical_entry(
    files: &(impl FileOperations + ?Sized),
    path: &str,
) -> Result<String, Error> {
    match split(path) {
        (_, "" | "." | "..") => files.canonical_path(path).await,
        (directory, name) => Ok(join(&files.canonical_path(directory).await?, name)),
    }
}

//! File operations of the local environment; blocking calls on the blocking pool.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{LocalEnvironment, canonical::canonical};
use crate::{
    environment::{DirEntry, FileOperations},
    error::{Error, ErrorKind},
    limits, whole_work,
};

#[async_trait]
impl FileOperations for LocalEnvironment {
    async fn read_file(&self, path: &str) -> Result<Bytes, Error> {
        let (file, shown) = (self.resolve(path), path.to_owned());
        blocking(move || read(&file, &shown)).await
    }

    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let (file, shown, content) = (self.resolve(path), path.to_owned(), content.to_vec());
        blocking(move || write(&file, &shown, &content)).await
    }

    async fn remove_file(&self, path: &str) -> Result<(), Error> {
        let (file, shown) = (self.resolve(path), path.to_owned());
        blocking(move || remove(&file, &shown)).await
    }

    async fn rename_file(&self, from: &str, to: &str) -> Result<(), Error> {
        let doing = format!("rename {from} to {to}");
        let (from, to) = (self.resolve(from), self.resolve(to));
        blocking(move || rename(&from, &to).map_err(|error| Error::io(&doing, error))).await
    }

    async fn file_exists(&self, path: &str) -> Result<bool, Error> {
        let (file, doing) = (self.resolve(path), format!("look for {path}"));
        blocking(move || file.try_exists().map_err(|error| Error::io(&doing, error))).await
    }

    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
        let (directory, shown) = (self.resolve(path), path.to_owned());
        blocking(move || list(&directory, &shown, depth)).await
    }

    async fn canonical_path(&self, path: &str) -> Result<String, Error> {
        let (file, shown) = (self.resolve(path), path.to_owned());
        blocking(move || {
            let found = canonical(&file)
                .map_err(|error| Error::io(&format!("follow the path {shown}"), error))?;
            found.to_str().map(str::to_owned).ok_or_else(|| {
                Error::invalid_input(format!("{shown} leads to a path that is not UTF-8"))
            })
        })
        .await
    }
}

/// Runs file work on the blocking pool, or right here on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    if whole_work::has_own_thread() {
        return work();
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Error::new(ErrorKind::Io, "the file operation was interrupted").with_source(error)
    })?
}

fn read(file: &Path, shown: &str) -> Result<Bytes, Error> {
    let doing = format!("read {shown}");
    let metadata = fs::metadata(file).map_err(|error| Error::io(&doing, error))?;
    only_files(&doing, &metadata)?;
    let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(FIRST));
    // A file may grow, and some of the system's have no size at all.
    let read = fs::File::open(file)
        .and_then(|file| file.take(limits::FILE_BYTES + 1).read_to_end(&mut content));
    read.map_err(|error| Error::io(&doing, error))?;
    if content.len() as u64 > limits::FILE_BYTES {
        return Err(Error::new(
            ErrorKind::Limit,
            format!(
                "{doing}: it has {} bytes, more than the limit of {}; read a part of it with a \
                 shell command such as head, tail or sed",
                metadata.len(),
                limits::FILE_BYTES
            ),
        ));
    }
    Ok(Bytes::from(content))
}

/// Most bytes taken at once for a file's content; more only as they are read.
const FIRST: usize = 1024 * 1024;

/// Reading a pipe or a device may never end, and writing one isn't what a tool means.
fn only_files(doing: &str, metadata: &fs::Metadata) -> Result<(), Error> {
    match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(Error::invalid_input(format!("{doing}: it is a directory"))),
        _ => Err(Error::invalid_input(format!(
            "{doing}: it is not a regular file"
        ))),
    }
}

fn write(file: &Path, shown: &str, content: &[u8]) -> Result<(), Error> {
    let doing = format!("write {shown}");
    let existing = fs::metadata(file).ok();
    if let Some(metadata) = &existing {
        only_files(&doing, metadata)?;
        if metadata.permissions().readonly() {
            let kind = ErrorKind::PermissionDenied;
            return Err(Error::new(kind, format!("{doing}: the file is read-only")));
        }
    }
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(|error| Error::io(&doing, error))?;
    }
    let permissions = existing.map(|metadata| metadata.permissions());
    replace(file, content, permissions).map_err(|error| Error::io(&doing, error))
}

fn remove(file: &Path, shown: &str) -> Result<(), Error> {
    let doing = format!("remove {shown}");
    let metadata = fs::symlink_metadata(file).map_err(|error| Error::io(&doing, error))?;
    if metadata.is_dir() {
        return Err(Error::invalid_input(format!("{doing}: it is a directory")));
    }
    fs::remove_file(file).map_err(|error| Error::io(&doing, error))
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::symlink_metadata(from)?;
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(from, to)
}

/// Writes beside the file and renames, so that nobody sees half a file; in place where the
/// directory takes no new file.
fn replace(path: &Path, content: &[u8], permissions: Option<fs::Permissions>) -> io::Result<()> {
    let target = follow_links(path)?;
    let Some((mut file, temporary)) = create_beside(&target)? else {
        return fs::write(&target, content);
    };
    let written = file.write_all(content).and_then(|()| match permissions {
        Some(permissions) => file.set_permissions(permissions),
        None => Ok(()),
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, &target));
    if renamed.is_err() {
        // The first error is the one to report; the leftover is only untidy.
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// Where a chain of symbolic links ends, even if nothing is there yet.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..limits::SYMBOLIC_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A new file in the target's directory with the mode that new files get, or nothing where the
/// directory takes none but the target itself may be writable.
fn create_beside(target: &Path) -> io::Result<Option<(fs::File, PathBuf)>> {
    const ATTEMPTS: usize = 16;
    let directory = target.parent().unwrap_or(Path::new("."));
    for _ in 0..ATTEMPTS {
        let temporary = directory.join(format!(".attractor-{:016x}.tmp", rand::random::<u64>()));
        match fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok(Some((file, temporary))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && target.exists() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no free name for a temporary file"))
}

fn list(directory: &Path, shown: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
    let mut entries = Vec::new();
    let depth = depth.clamp(1, limits::DIRECTORY_DEPTH);
    match collect(directory, "", depth, &mut entries) {
        Ok(()) => Ok(entries),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(Error::invalid_input(
            format!("list {shown}: it is not a directory"),
        )),
        Err(error) => Err(Error::io(&format!("list {shown}"), error)),
    }
}

fn collect(
    directory: &Path,
    prefix: &str,
    depth: usize,
    entries: &mut Vec<DirEntry>,
) -> io::Result<()> {
    let mut found: Vec<_> = fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    found.sort_by_key(fs::DirEntry::file_name);
    for entry in found {
        if entries.len() >= limits::DIRECTORY_ENTRIES {
            return Ok(());
        }
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        let metadata = entry.metadata().ok();
        let modified = metadata
            .as_ref()
            .and_then(|metadata| metadata.modified().ok());
        if kind.is_symlink() {
            entries.push(DirEntry::link(name).modified(modified));
            continue;
        }
        if !kind.is_dir() {
            let size = metadata.map_or(0, |metadata| metadata.len());
            entries.push(DirEntry::file(name, size).modified(modified));
            continue;
        }
        let below = format!("{name}/");
        entries.push(DirEntry::directory(name).modified(modified));
        if depth > 1 {
            // A directory that can't be read is listed, its content is not.
            let _ = collect(&entry.path(), &below, depth - 1, entries);
        }
    }
    Ok(())
}

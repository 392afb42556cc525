use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::domain::{Error, ErrorKind};

/// The directory of a server: nobody else may read it, and no other server use it.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Held as long as the server uses the directory; the system lets go of it with the process.
    _lock: Option<File>,
}

impl DataDir {
    /// The directory, made if there is none, for one server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`] with the code `data_dir_in_use` if another server uses it,
    /// [`ErrorKind::Unavailable`] if it can't be made or written to.
    pub(crate) fn lock(path: &Path) -> Result<Self, Error> {
        let mut directory = Self::open(path)?;
        let place = directory.path.join("server.lock");
        let mut options = private();
        let opened = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&place);
        let mut lock = opened.map_err(|error| failed(&place, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(path, &mut lock)),
            Err(TryLockError::Error(error)) => return Err(failed(&place, error)),
        }
        // Only for the one who finds it locked.
        let written = lock
            .set_len(0)
            .and_then(|()| write!(lock, "{}", std::process::id()));
        written.map_err(|error| failed(&place, error))?;
        directory._lock = Some(lock);
        Ok(directory)
    }

    /// The directory of a server that was started before; it may be running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] with the code `no_data_dir` if there is none.
    pub(crate) fn existing(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            return Self::open(path);
        }
        let shown = path.display();
        let message = format!(
            "there is no directory {shown}: `attractor serve` makes it, and --data-dir names another"
        );
        Err(Error::new(ErrorKind::NotFound, "no_data_dir", message))
    }

    /// The directory, made if there is none, beside a server that may use it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|error| failed(path, error))?;
        make(&path).map_err(|error| match error.kind() {
            // Where a directory is to be there is something else.
            std::io::ErrorKind::AlreadyExists => {
                failed(&path, std::io::ErrorKind::NotADirectory.into())
            }
            _ => failed(&path, error),
        })?;
        Ok(Self { path, _lock: None })
    }

    /// The address of the database, if none is given.
    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.path.join("attractor.db").display())
    }

    /// Something in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a small file that only its user may read, whole or not at all.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.join(name);
        let write = || -> std::io::Result<()> {
            let mut file = self.temporary()?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|error| failed(&path, error))?;
        Ok(path)
    }

    /// A file that only its user may read, and that is gone if it isn't given a name.
    pub(super) fn temporary(&self) -> std::io::Result<tempfile::NamedTempFile> {
        tempfile::NamedTempFile::new_in(&self.path)
    }

    /// Reads it, if it's there.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, error)),
        }
    }
}

fn in_use(path: &Path, lock: &mut File) -> Error {
    let mut by = String::new();
    let _ = lock.read_to_string(&mut by);
    let by = if by.is_empty() {
        String::new()
    } else {
        format!(" (process {by})")
    };
    let message = format!("another server uses the directory {}{by}", path.display());
    Error::new(ErrorKind::Conflict, "data_dir_in_use", message)
}

pub(super) fn failed(path: &Path, error: std::io::Error) -> Error {
    let message = format!("can't use {}: {error}", path.display());
    Error::unavailable(message).caused_by(error)
}

#[cfg(unix)]
fn private() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> std::fs::OpenOptions {
    std::fs::OpenOptions::new()
}

/// Makes the directory for its user only; one that is there keeps its rights.
#[cfg(unix)]
fn make(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

#[cfg(not(unix))]
fn make(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_directory_is_for_one_user_and_one_server() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("deep/data");
        let first = DataDir::lock(&path).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        let error = DataDir::lock(&path).unwrap_err();
        assert_eq!(error.code(), "data_dir_in_use");
        assert!(
            error.to_string().contains(&std::process::id().to_string()),
            "{error}"
        );
        let file = first.write_private("admin-token", "att_x").unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(first.read("admin-token").unwrap().unwrap(), "att_x");
        drop(first);
        assert!(DataDir::lock(&path).is_ok());
    }
}

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::DataDir;
use crate::domain::Error;

/// Says where the directory's server listens, and is locked as long as that is so.
const FILE: &str = "server.address";

/// Bytes of the file: an address has 58 at most.
const BYTES: u64 = 128;

/// Tells commands on the same machine where the server of a directory listens, until it's dropped: the
/// administrator's token, which is in the directory too, is for whoever listens there, and for nobody else.
#[derive(Debug)]
pub(crate) struct Presence {
    path: PathBuf,
    /// The system lets go of it with the process.
    _lock: File,
}

impl Presence {
    /// For the server that has locked the directory and the port.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::domain::ErrorKind::Unavailable) if it can't be written.
    pub(crate) fn tell(directory: &DataDir, address: SocketAddr) -> Result<Self, Error> {
        let path = directory.join(FILE);
        let write = || -> std::io::Result<File> {
            let mut file = directory.temporary()?;
            writeln!(file, "{address}")?;
            // Before anybody can find it: one that isn't locked is of a server that is gone.
            file.as_file().try_lock()?;
            Ok(file.persist(&path)?)
        };
        match write() {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(error) => Err(super::data_dir::failed(&path, error)),
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // If it stays, it's locked no more.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Where the server of a directory listens, if one is running.
///
/// # Errors
///
/// If that can't be read.
pub(crate) fn address_of_server_in(directory: &Path) -> std::io::Result<Option<SocketAddr>> {
    let file = match File::open(directory.join(FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => return Ok(None),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut text = String::new();
    file.take(BYTES).read_to_string(&mut text)?;
    let address = text.trim().parse();
    let wrong = |error| std::io::Error::new(ErrorKind::InvalidData, error);
    address.map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_where_it_says_as_long_as_it_runs() {
        let root = tempfile::tempdir().unwrap();
        let directory = DataDir::lock(root.path()).unwrap();
        let found = || address_of_server_in(root.path()).unwrap();
        assert_eq!(found(), None);
        let address: SocketAddr = "[::1]:8080".parse().unwrap();
        let presence = Presence::tell(&directory, address).unwrap();
        assert_eq!(found(), Some(address));
        drop(presence);
        assert_eq!(found(), None);
        // What a killed server leaves.
        std::fs::write(root.path().join(FILE), "127.0.0.1:8080\n").unwrap();
        assert_eq!(found(), None);
        let again = Presence::tell(&directory, address).unwrap();
        assert_eq!(found(), Some(address));
        drop(again);
    }
}

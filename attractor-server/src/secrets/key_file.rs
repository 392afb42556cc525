use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::KeyRing;
use super::key::SealKey;
use super::limits::KEY_FILE_BYTES;
use crate::domain::Error;

/// A file with the keys that secrets are sealed with; only its user may read it.
///
/// Whoever has it and the database has the secrets: it's kept out of backups of the database, and has a
/// backup of its own, since without it no secret can be read any more.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// The key file of that path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Reads the keys; makes the file with a new key if there is none. Of two that make it at the same
    /// time, both have the same key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`](crate::domain::ErrorKind::Forbidden) with the code `key_file_readable` if
    /// others may read it, [`Invalid`](crate::domain::ErrorKind::Invalid) if there are no keys in it,
    /// [`Unavailable`](crate::domain::ErrorKind::Unavailable) if it can't be read or made.
    pub fn open_or_create(&self) -> Result<KeyRing, Error> {
        match self.read() {
            Err(Failure::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read.map_err(|failure| self.failed(failure)),
        }
        let written = self.write(&KeyRing::generate()?, |file| {
            match file.persist_noclobber(&self.0) {
                // Another was faster.
                Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                persisted => persisted.map(drop).map_err(|failed| failed.error),
            }
        });
        written
            .and_then(|()| self.read())
            .map_err(|failure| self.failed(failure))
    }

    /// Puts a new key before the others: what is sealed from now on is sealed with it, and what was
    /// sealed before can still be opened. Servers read it when they start.
    ///
    /// # Errors
    ///
    /// Those of [`open_or_create`](Self::open_or_create).
    pub fn add_key(&self) -> Result<KeyRing, Error> {
        let ring = self.open_or_create()?.with_sealing(SealKey::generate()?)?;
        self.replace(ring)
    }

    /// Takes all keys away but the one that seals, after nothing is sealed with them any more.
    ///
    /// # Errors
    ///
    /// Those of [`open_or_create`](Self::open_or_create).
    pub fn remove_old_keys(&self) -> Result<KeyRing, Error> {
        let ring = self.open_or_create()?.without_old();
        self.replace(ring)
    }

    fn replace(&self, ring: KeyRing) -> Result<KeyRing, Error> {
        let written = self.write(&ring, |file| {
            file.persist(&self.0)
                .map(drop)
                .map_err(|failed| failed.error)
        });
        written.map_err(|failure| self.failed(failure))?;
        Ok(ring)
    }

    fn read(&self) -> Result<KeyRing, Failure> {
        let mut file = File::open(&self.0)?;
        check_mode(&file)?;
        let mut text = Zeroizing::new(String::new());
        (&mut file).take(KEY_FILE_BYTES).read_to_string(&mut text)?;
        KeyRing::parse(&text).map_err(Failure::Own)
    }

    /// Writes a file beside it, for nobody else to read, and gives it its name.
    fn write(
        &self,
        ring: &KeyRing,
        persist: impl FnOnce(NamedTempFile) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let folder = self.0.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        writeln!(
            file,
            "# The keys that secrets are sealed with. The first seals, all open."
        )?;
        writeln!(
            file,
            "# Without them no secret can be read: keep a copy, but not beside the database's."
        )?;
        for key in ring.keys() {
            writeln!(file, "{} # {}", *key.to_text(), key.id())?;
        }
        file.as_file().sync_all()?;
        persist(file)?;
        // So that the name survives a power failure as well.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    fn failed(&self, failure: Failure) -> Error {
        let path = self.0.display();
        match failure {
            Failure::Readable => Error::new(
                crate::domain::ErrorKind::Forbidden,
                "key_file_readable",
                format!(
                    "others may read the key file {path}: `chmod 600 {path}`, and exchange its key if others were there"
                ),
            ),
            Failure::Io(error) => {
                Error::unavailable(format!("can't read or write the key file {path}: {error}"))
            }
            Failure::Own(error) => {
                Error::invalid(error.code(), format!("key file {path}: {error}"))
            }
        }
    }
}

enum Failure {
    Io(io::Error),
    Readable,
    Own(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(unix)]
fn check_mode(file: &File) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::Readable)
}

#[cfg(not(unix))]
fn check_mode(_file: &File) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_a_key_that_stays() {
        let disk = tempfile::tempdir().unwrap();
        let file = KeyFile::new(disk.path().join("state/secret.key"));
        let first = file.open_or_create().unwrap();
        assert_eq!(file.open_or_create().unwrap().ids(), first.ids());
        assert_eq!(fs::read_dir(disk.path().join("state")).unwrap().count(), 1);
    }

    #[test]
    fn starts_at_the_same_time_agree_on_one_key() {
        let disk = tempfile::tempdir().unwrap();
        let file = KeyFile::new(disk.path().join("secret.key"));
        let ids: Vec<Vec<String>> = std::thread::scope(|scope| {
            let start = || {
                let ring = file.open_or_create().unwrap();
                ring.ids().into_iter().map(str::to_owned).collect()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|it| *it == ids[0]));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_opens_until_it_is_removed() {
        let disk = tempfile::tempdir().unwrap();
        let file = KeyFile::new(disk.path().join("secret.key"));
        let old = file.open_or_create().unwrap();
        let both = file.add_key().unwrap();
        assert_eq!(both.ids()[1], old.ids()[0]);
        assert_eq!(file.open_or_create().unwrap().ids(), both.ids());
        file.remove_old_keys().unwrap();
        assert_eq!(file.open_or_create().unwrap().ids(), both.ids()[..1]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let disk = tempfile::tempdir().unwrap();
        let path = disk.path().join("secret.key");
        let file = KeyFile::new(&path);
        file.open_or_create().unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        for mode in [0o644, 0o640, 0o604, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                file.open_or_create().unwrap_err().code(),
                "key_file_readable"
            );
        }
    }

    #[test]
    fn a_file_without_keys_is_refused_and_left_alone() {
        let disk = tempfile::tempdir().unwrap();
        let path = disk.path().join("secret.key");
        let file = KeyFile::new(&path);
        file.open_or_create().unwrap();
        fs::write(&path, "").unwrap();
        assert_eq!(file.open_or_create().unwrap_err().code(), "invalid_key");
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }
}

//! Small files: written without following links, replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind};

/// Writes a file that replaces whatever has its name; a link there isn't followed.
///
/// # Errors
///
/// [`ErrorKind::Io`] if that fails.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let mut file = match create_new(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove(path)?;
                create_new(path)?
            }
            other => other?,
        };
        file.write_all(content)
    };
    write().map_err(|error| Error::io(format!("write {}", path.display()), error))
}

/// Writes a file so that a reader sees the old or the new content, never a part of it.
pub(crate) fn write_atomic(path: &Path, content: &[u8]) -> Result<(), Error> {
    let temporary = beside(path);
    write_new(&temporary, content)?;
    rename(&temporary, path)
}

fn rename(temporary: &Path, path: &Path) -> Result<(), Error> {
    fs::rename(temporary, path)
        .map_err(|error| Error::io(format!("replace {}", path.display()), error))
}

/// Where the new content is written before it has the file's name.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// Like [`write_atomic`], for a file that may be lost in a power failure: a file system that writes
/// the new file out before it takes the old one's place (ext4 does) isn't waited for.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let temporary = beside(path);
    write_new(&temporary, content)?;
    if exchange(&temporary, path) {
        // If it stays it's in nobody's way.
        let _ = fs::remove_file(&temporary);
        return Ok(());
    }
    rename(&temporary, path)
}

/// Lets two files have each other's name; whether that was done. Needs both, and a kernel and a file
/// system that can.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

/// Reads a file of at most `limit` bytes; nothing if there is none.
///
/// # Errors
///
/// [`ErrorKind::Damaged`] if it's longer or no regular file, [`ErrorKind::Io`] if it can't be
/// read.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error| Error::io(format!("read {}", path.display()), error);
    let damaged =
        |what: &str| Error::new(ErrorKind::Damaged, format!("{} is {what}", path.display()));
    match fs::symlink_metadata(path) {
        Ok(about) if !about.is_file() => return Err(damaged("not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > limit {
        return Err(damaged(&format!("longer than {limit} bytes")));
    }
    Ok(Some(content))
}

/// Removes a file, a link or a whole directory.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

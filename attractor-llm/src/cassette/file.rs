//! Reading and writing cassettes: the only file here that touches the disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::exchange::Cassette;
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_CASSETTE_BYTES;

impl Cassette {
    /// Reads a cassette.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when the file can't be read or isn't a cassette of this version.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let size = fs::metadata(path)
            .map_err(|error| failed("read", path, error))?
            .len();
        if size > MAX_CASSETTE_BYTES as u64 {
            let error = format!("it is larger than {MAX_CASSETTE_BYTES} bytes");
            return Err(failed("read", path, io::Error::other(error)));
        }
        let text = fs::read(path).map_err(|error| failed("read", path, error))?;
        serde_json::from_slice(&text).map_err(|error| failed("read", path, error.into()))
    }
}

/// Replaces the file by one with this text, at once: whoever looks finds the old or the new one.
pub(super) fn replace(path: &Path, text: &[&str]) -> Result<(), Error> {
    let written = write_beside(path, text).and_then(|beside| fs::rename(beside, path));
    written.map_err(|error| failed("write", path, error))
}

fn write_beside(path: &Path, text: &[&str]) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = io::BufWriter::new(fs::File::create(&beside)?);
    for part in text {
        io::Write::write_all(&mut file, part.as_bytes())?;
    }
    io::Write::flush(&mut file)?;
    Ok(beside)
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    let message = format!("can't {what} the cassette {}: {error}", path.display());
    Error::new(ErrorKind::Configuration, message).with_source(error)
}

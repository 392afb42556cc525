use std::io::Write as _;
use std::path::Path;

use crate::domain::{Error, RunId};

/// The file in a server's directory that says what it is called.
const FILE: &str = "server-id";

/// What the server of a data directory is called among those of its database: the same after each
/// restart, so that it finds the runs that it looked after, and another for each directory.
///
/// ```
/// use attractor_server::dispatch::owner_in;
///
/// let data = tempfile::tempdir()?;
/// assert_eq!(owner_in(data.path())?, owner_in(data.path())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if the directory can't be read or
/// written.
pub fn owner_in(data: &Path) -> Result<String, Error> {
    let path = data.join(FILE);
    let failed = |error: std::io::Error| {
        let text = format!("can't use {}: {error}", path.display());
        Error::unavailable(text).caused_by(error)
    };
    match std::fs::read_to_string(&path) {
        // One that was torn names nobody.
        Ok(text) if text.trim().parse::<RunId>().is_ok() => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    // An id that no other server has.
    let owner = RunId::new().to_string();
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(data)?;
        writeln!(file, "{owner}")?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    written().map_err(failed)?;
    Ok(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_directory_has_a_name_that_stays() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = owner_in(one.path()).unwrap();
        assert_eq!(owner_in(one.path()).unwrap(), first);
        assert_ne!(owner_in(other.path()).unwrap(), first);
        std::fs::write(other.path().join(FILE), "").unwrap();
        let renamed = owner_in(other.path()).unwrap();
        assert_eq!(owner_in(other.path()).unwrap(), renamed);
        assert!(owner_in(&one.path().join("none")).is_err());
    }
}

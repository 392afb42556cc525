use std::error::Error as StdError;
use std::io;

use crate::domain::Error;

/// Why the store didn't do what it was asked for, as an error of ours.
pub(super) fn failed(what: &str, error: object_store::Error) -> Error {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return Error::not_found("object");
    }
    let message = match io_kind(&error) {
        Some(io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory) => {
            let message = "an object of that key can't be beside those whose keys begin with it";
            return Error::conflict("object_key_taken", message).caused_by(error);
        }
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            format!("can't {what}: the disk is full")
        }
        _ => format!("can't {what} now"),
    };
    Error::unavailable(message).caused_by(error)
}

/// What the operating system said, if it's on this machine's disk.
fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

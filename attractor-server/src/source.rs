//! Reading a pipeline file, with errors that say what to do.

use std::io::{ErrorKind as IoErrorKind, Read};
use std::path::Path;

use crate::Error;

/// A pipeline is written by people; beyond this it is another kind of file.
const MAX_PIPELINE_BYTES: u64 = 16 * 1024 * 1024;

/// The text of the pipeline at `path`; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let bytes = if path == Path::new("-") {
        read_limited(std::io::stdin().lock(), path)?
    } else {
        let file = std::fs::File::open(path).map_err(|error| unreadable(path, error))?;
        read_limited(file, path)?
    };
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::misuse(format!(
            "{} isn't UTF-8 text: byte {at} begins no character",
            path.display()
        ))
        .hint("save the file as UTF-8")
    })
}

fn read_limited(input: impl Read, path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    input
        .take(MAX_PIPELINE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > MAX_PIPELINE_BYTES {
        let limit = MAX_PIPELINE_BYTES / (1024 * 1024);
        return Err(
            Error::misuse(format!("{} is larger than {limit} MiB", path.display()))
                .hint("a pipeline is a small text file; is this the right one?"),
        );
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        IoErrorKind::NotFound => Error::misuse(format!("no such file: {shown}"))
            .hint("check the path; `attractor demo` needs no file"),
        IoErrorKind::PermissionDenied => Error::misuse(format!("no permission to read {shown}"))
            .hint(format!("check its mode with `ls -l {shown}`")),
        IoErrorKind::IsADirectory => {
            Error::misuse(format!("{shown} is a directory")).hint("name the .dot file in it")
        }
        _ => Error::misuse(format!("can't read {shown}: {error}")),
    }
}

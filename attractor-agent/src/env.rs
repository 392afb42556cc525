//! The only file that reads the process environment.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// All variables of this process, as they are (they need not be UTF-8).
pub(crate) fn variables() -> Vec<(OsString, OsString)> {
    env::vars_os().collect()
}

/// Where `program` lies on `PATH`.
pub(crate) fn find_program(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| is_file(file))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file())
}

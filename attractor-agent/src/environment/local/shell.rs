//! Which shell runs commands, and what this system is called.

use std::path::PathBuf;

use crate::{
    env,
    error::{Error, ErrorKind},
};

/// bash where there is one, else the POSIX shell.
pub(super) fn find() -> Result<PathBuf, Error> {
    let fixed = ["/bin/bash", "/bin/sh"].map(PathBuf::from);
    let [bash, sh] = fixed;
    if bash.exists() {
        return Ok(bash);
    }
    env::find_program("bash")
        .or_else(|| sh.exists().then_some(sh))
        .or_else(|| env::find_program("sh"))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "no shell found: neither bash nor sh is on PATH",
            )
        })
}

/// The kernel's name and release; just the system's name where that can't be read.
pub(super) fn os_version() -> String {
    #[cfg(unix)]
    {
        let name = rustix::system::uname();
        format!(
            "{} {}",
            name.sysname().to_string_lossy(),
            name.release().to_string_lossy()
        )
    }
    #[cfg(not(unix))]
    {
        std::env::consts::OS.to_owned()
    }
}

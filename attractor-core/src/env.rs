//! The only file of this crate that looks at environment variables.

use std::ffi::OsString;

/// The names of this process's variables.
pub(crate) fn names() -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).collect()
}

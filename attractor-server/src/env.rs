//! The only file of this crate that reads environment variables.

use std::path::PathBuf;

/// `ATTRACTOR_MODEL`: the model used where neither the node nor `--model` names one.
pub(crate) fn default_model() -> Option<String> {
    std::env::var("ATTRACTOR_MODEL")
        .ok()
        .filter(|model| !model.trim().is_empty())
}

/// Whether a variable has a value.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Where programs keep state: `XDG_STATE_HOME`, else `~/.local/state`.
pub(crate) fn state_home() -> Option<PathBuf> {
    directory("XDG_STATE_HOME").or_else(|| Some(directory("HOME")?.join(".local/state")))
}

fn directory(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

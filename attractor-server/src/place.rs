//! Where a run's directory is.

use std::path::{Path, PathBuf};

use rand::RngExt as _;

use crate::{Error, env};

/// A name for a run that sorts by time: `20261122-175012-3f9a1c`.
pub(crate) fn new_run_id() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    format!("{now}-{:06x}", rand::rng().random_range(0..0x100_0000u32))
}

/// The directory for a new run: the one asked for, else one under the user's state directory.
///
/// The default is outside the work tree on purpose: there, the agent's own commands (`git clean`,
/// `rm -rf`) could remove the record of the run that they are part of.
pub(crate) fn new_run_dir(asked: Option<&Path>, run_id: &str) -> Result<PathBuf, Error> {
    let directory = match asked {
        Some(directory) => absolute(directory)?,
        None => runs_home()?.join(run_id),
    };
    if directory.join("manifest.json").exists() {
        let shown = directory.display();
        return Err(
            Error::misuse(format!("{shown} already holds a run")).hint(format!(
                "`attractor resume {shown}` continues it; choose another directory for a new one"
            )),
        );
    }
    std::fs::create_dir_all(&directory).map_err(|error| {
        let shown = directory.display();
        Error::misuse(format!("can't create the run directory {shown}: {error}"))
            .hint("name a directory that you may write to with --logs DIR")
    })?;
    Ok(directory)
}

/// The directory of an existing run, by its path or by its id.
pub(crate) fn existing_run_dir(named: &Path) -> Result<PathBuf, Error> {
    let by_id = || Some(runs_home().ok()?.join(named)).filter(|path| path.is_dir());
    let directory = if named.is_dir() {
        Some(named.to_owned())
    } else {
        by_id()
    };
    let Some(directory) = directory else {
        return Err(
            Error::misuse(format!("no run directory at {}", named.display()))
                .hint("the summary of a run names its directory"),
        );
    };
    if !directory.join("manifest.json").is_file() {
        return Err(
            Error::misuse(format!("{} isn't a run directory", directory.display()))
                .hint("a run directory holds manifest.json, pipeline.dot and events.jsonl"),
        );
    }
    absolute(&directory)
}

/// The directory to work in, checked and absolute.
pub(crate) fn workdir(asked: Option<&Path>) -> Result<PathBuf, Error> {
    let directory = absolute(asked.unwrap_or(Path::new(".")))?;
    if directory.is_dir() {
        return Ok(directory);
    }
    let shown = directory.display();
    let what = if directory.exists() {
        "isn't a directory"
    } else {
        "doesn't exist"
    };
    Err(
        Error::misuse(format!("the working directory {shown} {what}"))
            .hint("name the repository to work on with --workdir DIR"),
    )
}

fn runs_home() -> Result<PathBuf, Error> {
    let home = env::state_home().ok_or_else(|| {
        Error::misuse("can't tell where run directories belong: HOME isn't set")
            .hint("name a directory with --logs DIR, or set HOME or XDG_STATE_HOME")
    })?;
    Ok(home.join("attractor/runs"))
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(path).map_err(|error| {
        Error::misuse(format!("can't resolve {}: {error}", path.display())).caused_by(error)
    })?;
    Ok(absolute.canonicalize().unwrap_or(absolute))
}

//! What is on disk about an attempt, for the server that comes after this one.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::limits::RECORD_BYTES;
use super::process::Identity;
use crate::domain::{Error, RunId};

/// An attempt that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    /// The process.
    pub(super) process: Identity,
    /// When it's to be ended, in milliseconds since 1970.
    pub(super) deadline: i64,
    /// That it was ended for that.
    #[serde(default)]
    pub(super) timed_out: bool,
}

/// The directories of all runs.
#[derive(Clone, Debug)]
pub(super) struct Places(PathBuf);

impl Places {
    /// Below the server's data directory.
    pub(super) fn below(data: &Path) -> Self {
        Self(data.join("runs"))
    }

    /// Where a run works.
    pub(super) fn run(&self, run: &RunId) -> PathBuf {
        self.0.join(run.as_str())
    }

    fn attempts(&self, run: &RunId) -> PathBuf {
        self.run(run).join("attempts")
    }

    fn record(&self, run: &RunId, attempt: i64) -> PathBuf {
        self.attempts(run).join(format!("{attempt}.json"))
    }

    pub(super) fn log(&self, run: &RunId, attempt: i64) -> PathBuf {
        self.attempts(run).join(format!("{attempt}.log"))
    }

    pub(super) fn make(&self, run: &RunId) -> Result<(), Error> {
        let path = self.attempts(run);
        fs::create_dir_all(&path).map_err(|error| failed("make", &path, error))
    }

    pub(super) fn write(&self, run: &RunId, attempt: i64, record: &Record) -> Result<(), Error> {
        let path = self.record(run, attempt);
        let write = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(&self.0);
            let file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(file.as_file(), record)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| failed("write", &path, error))
    }

    /// What was written; nothing for an attempt that wasn't started, or whose record was torn.
    pub(super) fn read(&self, run: &RunId, attempt: i64) -> Option<Record> {
        let file = fs::File::open(self.record(run, attempt)).ok()?;
        let mut text = Vec::new();
        file.take(RECORD_BYTES).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// All attempts that have a record.
    pub(super) fn all(&self) -> Vec<(RunId, i64)> {
        let runs = names(&self.0).filter_map(|name| name.parse::<RunId>().ok());
        runs.flat_map(|run| {
            let attempts = names(&self.attempts(&run));
            let numbers = attempts.filter_map(|name| name.strip_suffix(".json")?.parse().ok());
            numbers
                .map(move |number| (run.clone(), number))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    pub(super) fn remove(&self, run: &RunId) -> Result<(), Error> {
        let path = self.run(run);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", &path, error))
            }
            _ => Ok(()),
        }
    }
}

fn names(directory: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

pub(super) fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    let text = format!("can't {what} {}: {error}", path.display());
    Error::unavailable(text).caused_by(error)
}

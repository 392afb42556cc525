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

/// The directories of all runs, and a list of the attempts that may be under way: there are few of
/// those, and many runs in the end.
#[derive(Clone, Debug)]
pub(super) struct Places {
    runs: PathBuf,
    /// An empty file for each attempt.
    begun: PathBuf,
}

impl Places {
    /// Below the server's data directory.
    pub(super) fn below(data: &Path) -> Self {
        Self {
            runs: data.join("runs"),
            begun: data.join("attempts"),
        }
    }

    /// Where a run works.
    pub(super) fn run(&self, run: &RunId) -> PathBuf {
        self.runs.join(run.as_str())
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
            let folder = path.parent().unwrap_or(&self.runs);
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

    /// The attempts at a run that have a record.
    pub(super) fn attempts_at(&self, run: &RunId) -> Vec<i64> {
        let attempts = names(&self.attempts(run));
        let numbers = attempts.filter_map(|name| name.strip_suffix(".json")?.parse().ok());
        numbers.collect()
    }

    /// Adds an attempt to the list.
    pub(super) fn begin(&self, run: &RunId, attempt: i64) -> Result<(), Error> {
        let path = self.begun.join(format!("{run}.{attempt}"));
        let make = || fs::create_dir_all(&self.begun).and_then(|()| fs::write(&path, ""));
        make().map_err(|error| failed("write", &path, error))
    }

    /// Takes an attempt off the list.
    pub(super) fn forget(&self, run: &RunId, attempt: i64) {
        // One that stays is looked at again.
        let _ = fs::remove_file(self.begun.join(format!("{run}.{attempt}")));
    }

    /// The attempts on the list.
    pub(super) fn begun(&self) -> Vec<(RunId, i64)> {
        let attempt = |name: String| {
            let (run, attempt) = name.split_once('.')?;
            Some((run.parse().ok()?, attempt.parse().ok()?))
        };
        names(&self.begun).filter_map(attempt).collect()
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

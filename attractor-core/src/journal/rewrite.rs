//! Run directories that go back: rewound in place, or copied up to a point.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::run_directory::{CHECKPOINT, EVENTS};
use super::{Manifest, RunDirectory, files, put_back::put_back};
use crate::run::{JournalEntry, StageKey};
use crate::{Error, ErrorKind};

/// What a run has of attempts, and what of them is kept.
#[derive(Debug)]
pub(crate) struct Attempts {
    pub(crate) all: Vec<StageKey>,
    pub(crate) kept: Vec<StageKey>,
}

/// Names in a run directory that a copy doesn't get, or makes for itself.
const OWN: [&str; 6] = [
    ".gitignore",
    "events.jsonl",
    "git-index",
    "git-worktrees",
    "lock",
    "worktree",
];

impl RunDirectory {
    /// The name for what is thrown away next.
    pub(crate) fn next_aside(&self) -> String {
        let mut number = 1_u32;
        while self.path().join(format!("rewound-{number}")).exists() {
            number += 1;
        }
        format!("rewound-{number}")
    }

    /// Replaces the journal by these entries; the old one, the snapshot, and the files of attempts
    /// that aren't kept go into the directory `aside`.
    ///
    /// The journal is replaced last and as a whole: until then the run is where it was.
    pub(crate) fn rewind(
        &self,
        aside: &str,
        entries: &[JournalEntry],
        attempts: &Attempts,
    ) -> Result<PathBuf, Error> {
        let (root, aside) = (self.path(), self.path().join(aside));
        let moved = || -> io::Result<()> {
            fs::create_dir_all(&aside)?;
            fs::copy(root.join(EVENTS), aside.join(EVENTS))?;
            match fs::rename(root.join(CHECKPOINT), aside.join(CHECKPOINT)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            put_back(root, &aside, &attempts.all, &attempts.kept)
        };
        let failed = |error| Error::io(format!("move files to {}", aside.display()), error);
        moved().map_err(failed)?;
        // The open file is the old one.
        *self.log().lock().unwrap_or_else(PoisonError::into_inner) = None;
        files::write_atomic(&root.join(EVENTS), &lines(entries)?)?;
        Ok(aside)
    }

    /// Fills a new directory with what another run has up to a point: the files of its stages and
    /// these entries. The manifest is written last.
    pub(crate) async fn fill_from(
        &self,
        other: &Self,
        entries: &[JournalEntry],
        attempts: &Attempts,
        manifest: &Manifest,
    ) -> Result<(), Error> {
        let root = self.path();
        let failed = |error| Error::io(format!("copy {}", other.path().display()), error);
        copy(other.path(), root, true).map_err(failed)?;
        let aside = root.join("rewound-0");
        put_back(root, &aside, &attempts.all, &attempts.kept).map_err(failed)?;
        match fs::remove_dir_all(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        files::write_atomic(&root.join(EVENTS), &lines(entries)?)?;
        super::Journal::create(self, manifest, &other.source()?).await
    }
}

fn lines(entries: &[JournalEntry]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut bytes, entry).map_err(|error| {
            Error::new(ErrorKind::Io, "serialize the journal").with_source(error)
        })?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Copies files and directories; links and what else there is stays behind.
fn copy(from: &Path, to: &Path, top: bool) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let own = OWN.contains(&&*shown) || shown.ends_with(".json") || shown == "pipeline.dot";
        if top && (own || shown.starts_with("rewound-")) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&source, &target, false)?;
        } else if kind.is_file() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

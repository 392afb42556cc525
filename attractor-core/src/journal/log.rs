//! `events.jsonl`: one entry a line, one write a line.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use crate::run::JournalEntry;
use crate::run::limits::JOURNAL_LINE_BYTES;
use crate::{Error, ErrorKind};

/// The file of a run's events, open for appending.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    length: u64,
    line: Vec<u8>,
}

impl Log {
    /// Opens the file, which is made if there is none, and cuts off a torn last line.
    pub(super) fn open(path: PathBuf) -> Result<Self, Error> {
        refuse_special(&path)?;
        let opened = || -> io::Result<(File, u64)> {
            let file = OpenOptions::new().append(true).create(true).open(&path)?;
            let length = whole_lines(&path)?;
            if file.metadata()?.len() != length {
                file.set_len(length)?;
            }
            Ok((file, length))
        };
        let (file, length) =
            opened().map_err(|error| Error::io(format!("open {}", path.display()), error))?;
        Ok(Self {
            path,
            file,
            length,
            line: Vec::new(),
        })
    }

    /// Appends one line with one write; takes back what was written of it if that fails.
    pub(super) fn append(&mut self, entry: &JournalEntry) -> Result<(), Error> {
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, entry).map_err(io::Error::from);
        self.line.push(b'\n');
        if let Err(error) = written.and_then(|()| self.file.write_all(&self.line)) {
            // Best effort: if this fails too, the next reader cuts the torn line off.
            let _ = self.file.set_len(self.length);
            return Err(Error::io(
                format!("append to {}", self.path.display()),
                error,
            ));
        }
        self.length += self.line.len() as u64;
        Ok(())
    }
}

/// Reads all entries; a torn last line is ignored.
pub(super) fn read(path: &Path) -> Result<Vec<JournalEntry>, Error> {
    let failed = |error| Error::io(format!("read {}", path.display()), error);
    refuse_special(path)?;
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut reader = BufReader::new(file);
    let mut entries = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(failed)?;
        if line.last() != Some(&b'\n') {
            return Ok(entries);
        }
        entries.push(parse(path, entries.len() + 1, &line)?);
    }
}

/// Links and devices aren't ours: a tool may have put them there.
pub(super) fn refuse_special(path: &Path) -> Result<(), Error> {
    match std::fs::symlink_metadata(path) {
        Ok(about) if !about.is_file() => {
            let text = format!("{} is not a regular file", path.display());
            Err(Error::new(ErrorKind::Damaged, text))
        }
        _ => Ok(()),
    }
}

/// The entry of a line, whose number is for the message; 0 stands for the last one.
pub(super) fn parse(path: &Path, number: usize, line: &[u8]) -> Result<JournalEntry, Error> {
    let damaged = || {
        let line = match number {
            0 => "the last line".to_owned(),
            number => format!("line {number}"),
        };
        let text = format!("{line} of {} is damaged", path.display());
        Error::new(ErrorKind::Damaged, text)
    };
    if line.len() > JOURNAL_LINE_BYTES {
        return Err(damaged());
    }
    serde_json::from_slice(line).map_err(|error| damaged().with_source(error))
}

/// The length of the file up to and including its last line end.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut whole, mut position) = (0, 0);
    loop {
        let block = reader.fill_buf()?;
        if block.is_empty() {
            return Ok(whole);
        }
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            whole = position + last as u64 + 1;
        }
        let length = block.len();
        position += length as u64;
        reader.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunEvent;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_a_clear_error() {
        let path = PathBuf::from("/dev/full");
        let Ok(file) = OpenOptions::new().append(true).open(&path) else {
            // The output says so, as for every test that can't run.
            let _ = writeln!(io::stderr(), "SKIPPED: there is no /dev/full");
            return;
        };
        let mut log = Log {
            path,
            file,
            length: 0,
            line: Vec::new(),
        };
        let event = RunEvent::RunInterrupted {
            reason: "test".to_owned(),
        };
        let error = log.append(&JournalEntry::new(1, "t", event)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(
            error.chain(),
            "append to /dev/full: No space left on device (os error 28)"
        );
    }
}

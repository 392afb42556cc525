//! A session's file: an append-only list of lines, written as things happen. The crate's only file
//! that writes outside of an environment.

mod line;
mod replay;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use self::replay::replay;
pub(super) use self::{
    line::{Header, Line, Parent},
    replay::Replayed,
};
use crate::{
    error::{Error, ErrorKind},
    limits,
};

/// The file of a session that is being written.
#[derive(Debug)]
pub(super) struct Record {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    /// Bytes of whole lines.
    good: u64,
    /// Lines that couldn't be written yet.
    pending: Vec<u8>,
}

impl Record {
    /// Begins a new file. It is there with its first line or not at all.
    pub(super) fn create(path: &Path, header: Header) -> Result<Self, Error> {
        let failed = |error| io_error("create", path, error);
        let line = encode(&Line::Session(header));
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            .prefix(".session-")
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        lock(file.as_file(), path)?;
        file.write_all(&line).map_err(failed)?;
        let file = file
            .persist_noclobber(path)
            .map_err(|error| failed(error.error))?;
        Ok(Self::new(path, file, line.len() as u64))
    }

    /// Opens a file to go on with it. A last line that isn't whole was never acted upon: it is cut
    /// off.
    pub(super) fn open(path: &Path) -> Result<(Self, Replayed), Error> {
        let failed = |error| io_error("open", path, error);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed)?;
        lock(&file, path)?;
        let record = Self::new(path, file, 0);
        let mut state = record.state();
        let mut bytes = Vec::new();
        (&state.file)
            .take(limits::SESSION_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > limits::SESSION_FILE_BYTES {
            let text = format!("{} is larger than any session's file", path.display());
            return Err(Error::new(ErrorKind::Limit, text));
        }
        let good = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        let replayed = replay(bytes[..good].split_inclusive(|&byte| byte == b'\n'))?;
        state.good = good as u64;
        state.repair().map_err(failed)?;
        drop(state);
        Ok((record, replayed))
    }

    fn new(path: &Path, file: File, good: u64) -> Self {
        let pending = Vec::new();
        Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                file,
                good,
                pending,
            }),
        }
    }

    /// Adds a line. One that can't be written is kept for [`flush`](Self::flush).
    pub(super) fn append(&self, line: &Line<'_>) {
        let mut state = self.state();
        state.pending.extend(encode(line));
        // Told by `flush`, which is called before anything depends on it.
        let _ = state.write();
    }

    /// Writes what couldn't be written before.
    pub(super) fn flush(&self) -> Result<(), Error> {
        self.state()
            .write()
            .map_err(|error| io_error("write", &self.path, error))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.file.write_all(&self.pending) {
            // A part of a line must not stand before the next one.
            self.repair()?;
            return Err(error);
        }
        self.good += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Leaves nothing but whole lines.
    fn repair(&mut self) -> io::Result<()> {
        self.file.set_len(self.good)?;
        self.file.seek(SeekFrom::Start(self.good)).map(drop)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Closing the file isn't enough: a child that is just being started shares it until it has
        // become another program.
        let _ = self.file.unlock();
    }
}

/// Two processes that write one file would both lose.
fn lock(file: &File, path: &Path) -> Result<(), Error> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Error::invalid_input(format!(
            "the session's file {} is in use",
            path.display()
        ))),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(io_error("lock", path, error)),
    }
}

fn encode(line: &Line<'_>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).unwrap_or_else(|error| {
        // Only a time before the year -9999 can't be written; the line is then no line at all.
        debug_assert!(false, "a line is JSON: {error}");
        Vec::new()
    });
    bytes.push(b'\n');
    bytes
}

fn io_error(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::io(
        &format!("{doing} the session's file {}", path.display()),
        error,
    )
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use attractor_llm::ToolResultData;

    use super::*;
    use crate::session::turn::Turn;

    fn user(content: &str) -> Turn {
        let timestamp = SystemTime::UNIX_EPOCH;
        Turn::User {
            content: content.to_owned(),
            timestamp,
        }
    }

    #[test]
    fn a_file_cut_at_any_byte_has_the_lines_before_and_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("whole");
        let record = Record::create(&path, Header::new("s", "/")).unwrap();
        let first = std::fs::read(&path).unwrap().len();
        for text in ["one", "zwölf \n", "three"] {
            Line::each_of(&user(text), |line| record.append(&line));
        }
        drop(record);
        let bytes = std::fs::read(&path).unwrap();
        for end in first..=bytes.len() {
            let path = directory.path().join("cut");
            std::fs::write(&path, &bytes[..end]).unwrap();
            let (record, replayed) = Record::open(&path).unwrap();
            let whole = bytes[..end].split_inclusive(|&byte| byte == b'\n');
            let whole = whole.filter(|line| line.ends_with(b"\n")).count() - 1;
            assert_eq!(replayed.turns.len(), whole);
            Line::each_of(&user("more"), |line| record.append(&line));
            drop(record);
            let (_, replayed) = Record::open(&path).unwrap();
            assert_eq!(replayed.turns.len(), whole + 1);
            assert_eq!(replayed.turns.last(), Some(&user("more")));
        }
    }

    #[test]
    fn a_result_must_answer_an_open_call() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let record = Record::create(&path, Header::new("s", "/")).unwrap();
        let result = ToolResultData::new("call", "text");
        record.append(&Line::result(0, &result, SystemTime::UNIX_EPOCH));
        drop(record);
        let error = Record::open(&path).unwrap_err();
        assert!(error.to_string().starts_with("line 2"), "{error}");
    }
}

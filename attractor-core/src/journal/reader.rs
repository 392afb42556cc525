//! Reading a journal while another part of the program, or another process, appends to it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::log;
use crate::run::JournalEntry;
use crate::run::limits::JOURNAL_LINE_BYTES;
use crate::{Error, ErrorKind};

/// What is read at first of a journal's end, to find its last line.
const TAIL_BYTES: u64 = 64 * 1024;

/// Reads a run's entries in order, also those that are appended later.
///
/// It reads from the file what it is asked for and keeps nothing, so that any number of readers
/// follows a long run at the cost of one buffer each.
///
/// ```no_run
/// use attractor_core::RunDirectory;
///
/// let mut reader = RunDirectory::open("runs/7")?.reader();
/// while let Some(entry) = reader.read()? {
///     println!("{} {}", entry.time, entry.event.name());
/// }
/// // Later, `read` gives what was appended meanwhile.
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct JournalReader {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// Where the next line begins.
    offset: u64,
    /// The number of that line.
    number: usize,
    line: Vec<u8>,
}

impl JournalReader {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            offset: 0,
            number: 1,
            line: Vec::new(),
        }
    }

    /// The next entry; nothing if none has been appended yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if the next line can't be read or the journal has become shorter,
    /// [`ErrorKind::Io`] if the file can't be read.
    pub fn read(&mut self) -> Result<Option<JournalEntry>, Error> {
        let Some(whole) = self
            .read_line()
            .map_err(|error| failed(&self.path, error))?
        else {
            return Ok(None);
        };
        if !whole {
            return self.check_length();
        }
        let entry = log::parse(&self.path, self.number, &self.line)?;
        self.offset += self.line.len() as u64;
        self.number += 1;
        Ok(Some(entry))
    }

    /// Reads up to the next line end; whether it came to one. Nothing if there is no file yet.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        let file = match &mut self.file {
            Some(file) => file,
            None => match File::open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => self.file.insert(BufReader::new(opened?)),
            },
        };
        self.line.clear();
        let limit = JOURNAL_LINE_BYTES as u64 + 1;
        file.by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.line)?;
        let whole = self.line.last() == Some(&b'\n') || self.line.len() as u64 == limit;
        if !whole {
            // It isn't written to its end, or was torn and will be cut off: read it again.
            file.seek(SeekFrom::Start(self.offset))?;
        }
        Ok(Some(whole))
    }

    /// Finds out whether entries that were read before are gone.
    fn check_length(&self) -> Result<Option<JournalEntry>, Error> {
        let length = std::fs::metadata(&self.path)
            .map_err(|error| failed(&self.path, error))?
            .len();
        if length < self.offset {
            let text = format!("{} has become shorter", self.path.display());
            return Err(Error::new(ErrorKind::Damaged, text));
        }
        Ok(None)
    }
}

/// The last whole line of a journal; nothing if it has none.
pub(super) fn last(path: &Path) -> Result<Option<JournalEntry>, Error> {
    log::refuse_special(path)?;
    match last_line(path) {
        Ok(Some(line)) => log::parse(path, 0, &line).map(Some),
        Ok(None) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

fn last_line(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut window = TAIL_BYTES;
    loop {
        let start = length.saturating_sub(window);
        file.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        file.by_ref().take(length - start).read_to_end(&mut tail)?;
        let is_end = |byte: &u8| *byte == b'\n';
        let end = tail.iter().rposition(is_end);
        let before = end.and_then(|end| tail.get(..end)?.iter().rposition(is_end));
        match (end, before) {
            (Some(end), Some(before)) => {
                return Ok(tail.get(before + 1..=end).map(<[u8]>::to_vec));
            }
            (Some(end), None) if start == 0 => return Ok(tail.get(..=end).map(<[u8]>::to_vec)),
            (None, _) if start == 0 => return Ok(None),
            // A line longer than any of ours; what it is shows when it's parsed.
            _ if window > 2 * JOURNAL_LINE_BYTES as u64 => return Ok(Some(tail)),
            _ => window *= 8,
        }
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::io(format!("read {}", path.display()), error)
}

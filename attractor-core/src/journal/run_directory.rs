use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::task::spawn_blocking;

use super::log::{self, Log};
use super::reader::{self, JournalReader};
use super::{Journal, Manifest, files, stage_directory};
use crate::artifact::ArtifactStore;
use crate::run::{JournalEntry, StageKey};
use crate::state::Checkpoint;
use crate::{Error, ErrorKind};

pub(super) const EVENTS: &str = "events.jsonl";
pub(super) const CHECKPOINT: &str = "checkpoint.json";
pub(super) const MANIFEST: &str = "manifest.json";
const SOURCE: &str = "pipeline.dot";
const LOCK: &str = "lock";
const IGNORE: &str = ".gitignore";

/// The most that is read of a manifest, a pipeline or a checkpoint.
const FILE_BYTES: u64 = 1 << 30;

/// Completed stages whose snapshot is some ten kilobytes beside its context, written in a fraction
/// of a millisecond.
const SHORT_CHECKPOINT: usize = 256;

/// A run kept in a directory: see `docs/run-directory.md` for its files.
///
/// Appends are done in place, without a thread of their own: a line goes into the operating
/// system's cache in microseconds. They survive the end of the process, not a power failure.
///
/// ```no_run
/// use attractor_core::RunDirectory;
///
/// let directory = RunDirectory::open("runs/7")?;
/// println!("{} was started at {}", directory.manifest()?.name, directory.manifest()?.started_at);
/// for entry in directory.entries()? {
///     println!("{} {}", entry.time, entry.event.name());
/// }
/// # Ok::<(), attractor_core::Error>(())
/// ```
///
/// Source: attractor-spec 5.6.
#[derive(Debug)]
pub struct RunDirectory {
    root: Arc<Path>,
    /// Held while this process executes the run; the operating system frees it with the process.
    lock: Option<File>,
    log: Mutex<Option<Log>>,
}

impl RunDirectory {
    /// A directory for a new run, which is made and locked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if it holds a run, [`ErrorKind::Locked`] if another process
    /// is using it, [`ErrorKind::Io`] if it can't be made or written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        fs::create_dir_all(path)
            .map_err(|error| Error::io(format!("create {}", path.display()), error))?;
        let root = absolute(path)?;
        let lock = lock(&root)?;
        if [EVENTS, MANIFEST]
            .iter()
            .any(|name| root.join(name).exists())
        {
            return Err(holds_run(path));
        }
        hide_from_git(&root)?;
        Ok(Self {
            root,
            lock: Some(lock),
            log: Mutex::new(None),
        })
    }

    /// The directory of an existing run, to read it. Another process may be executing the run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no run.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let root = existing(path.as_ref())?;
        Ok(Self {
            root,
            lock: None,
            log: Mutex::new(None),
        })
    }

    /// The directory of an existing run, to go on with it: locked, and with a torn last journal
    /// line cut off.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no run, [`ErrorKind::Locked`] if another process is
    /// executing it, [`ErrorKind::Io`] if it can't be written.
    pub fn open_locked(path: impl AsRef<Path>) -> Result<Self, Error> {
        let root = existing(path.as_ref())?;
        let lock = lock(&root)?;
        let log = Log::open(root.join(EVENTS))?;
        Ok(Self {
            root,
            lock: Some(lock),
            log: Mutex::new(Some(log)),
        })
    }

    pub(super) fn log(&self) -> &Mutex<Option<Log>> {
        &self.log
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Whether a process is executing the run at this moment.
    pub fn is_executing(&self) -> bool {
        let lock = File::open(self.root.join(LOCK));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// What the run is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if the manifest can't be read.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        self.json(MANIFEST)?.ok_or_else(|| self.missing(MANIFEST))
    }

    /// The source text of the pipeline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if it can't be read.
    pub fn source(&self) -> Result<String, Error> {
        let path = self.root.join(SOURCE);
        let bytes = files::read_limited(&path, FILE_BYTES)?.ok_or_else(|| self.missing(SOURCE))?;
        String::from_utf8(bytes).map_err(|error| {
            let text = format!("{} is not UTF-8", path.display());
            Error::new(ErrorKind::Damaged, text).with_source(error)
        })
    }

    /// The last snapshot, if one was stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if it can't be read.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        self.json(CHECKPOINT)
    }

    /// All journal entries.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`], with the number of the line, if one can't be read.
    pub fn entries(&self) -> Result<Vec<JournalEntry>, Error> {
        log::read(&self.root.join(EVENTS))
    }

    /// The files of the run's large values, to read them; [`Run::follow`](crate::Run::follow) tells
    /// the store which there are.
    pub fn artifacts(&self) -> ArtifactStore {
        ArtifactStore::in_directory(&self.root)
    }

    /// Reads the journal entries one by one, those that are appended later included.
    pub fn reader(&self) -> JournalReader {
        JournalReader::new(self.root.join(EVENTS))
    }

    /// The last journal entry, if there is one; found without reading those before it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`] if it can't be read.
    pub fn last_entry(&self) -> Result<Option<JournalEntry>, Error> {
        reader::last(&self.root.join(EVENTS))
    }

    /// The directory with the files of a node's last attempt.
    pub fn stage_directory(&self, stage: &StageKey) -> PathBuf {
        stage_directory::path(&self.root, stage)
    }

    fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = self.root.join(name);
        let Some(bytes) = files::read_limited(&path, FILE_BYTES)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let text = format!("{} is damaged", path.display());
            Error::new(ErrorKind::Damaged, text).with_source(error)
        })
    }

    fn missing(&self, name: &str) -> Error {
        let text = format!("{} is missing", self.root.join(name).display());
        Error::new(ErrorKind::Damaged, text)
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            // Closing the file isn't enough: a child that is just being started shares it until
            // it has become another program.
            let _ = lock.unlock();
        }
    }
}

#[async_trait]
impl Journal for RunDirectory {
    async fn create(&self, manifest: &Manifest, source: &str) -> Result<(), Error> {
        if self.root.join(MANIFEST).exists() {
            return Err(holds_run(&self.root));
        }
        // The manifest is written last: a directory that has one has both.
        files::write_atomic(&self.root.join(SOURCE), source.as_bytes())?;
        files::write_atomic(&self.root.join(MANIFEST), &pretty(manifest)?)
    }

    async fn describe(&self) -> Result<(Manifest, String), Error> {
        Ok((self.manifest()?, self.source()?))
    }

    async fn replace_source(&self, source: &str) -> Result<(), Error> {
        files::write_atomic(&self.root.join(SOURCE), source.as_bytes())
    }

    async fn append(&self, entry: &JournalEntry) -> Result<(), Error> {
        if self.lock.is_none() {
            let text = format!("{} was opened for reading", self.root.display());
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        // A panic can't happen between two changes of the log that belong together.
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let log = match log.as_mut() {
            Some(log) => log,
            None => log.insert(Log::open(self.root.join(EVENTS))?),
        };
        log.append(entry)
    }

    async fn load(&self) -> Result<Vec<JournalEntry>, Error> {
        let path = self.root.join(EVENTS);
        blocking(move || log::read(&path)).await
    }

    async fn save_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), Error> {
        let path = self.root.join(CHECKPOINT);
        let stages = checkpoint.completed_nodes.len();
        let write = move || files::replace(&path, &pretty(&checkpoint)?);
        // As with appends: a thread for it costs more than a short one.
        match stages {
            ..SHORT_CHECKPOINT => write(),
            _ => blocking(write).await,
        }
    }

    async fn begin_stage(&self, stage: &StageKey) -> Result<Option<PathBuf>, Error> {
        stage_directory::prepare(&self.root, stage).map(Some)
    }

    fn root(&self) -> Option<&Path> {
        Some(&self.root)
    }
}

/// Keeps whatever git does in a repository around the directory, by us or by a stage, from
/// committing the run.
fn hide_from_git(root: &Path) -> Result<(), Error> {
    let path = root.join(IGNORE);
    if path.exists() {
        return Ok(());
    }
    files::write_new(&path, b"*\n")
}

/// Takes the lock that keeps a second process off the run, and writes this process's id into it.
fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join(LOCK);
    let failed = |error| Error::io(format!("lock {}", path.display()), error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(root, file)),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(file)
}

fn locked(root: &Path, mut file: File) -> Error {
    let mut holder = String::new();
    // Only for the message; an unreadable file says less.
    let _ = file.read_to_string(&mut holder);
    let holder = match holder.trim() {
        "" => "another process".to_owned(),
        id => format!("process {id}"),
    };
    Error::new(
        ErrorKind::Locked,
        format!("{holder} is executing the run in {}", root.display()),
    )
}

fn holds_run(path: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("{} holds a run already", path.display()),
    )
}

fn existing(path: &Path) -> Result<Arc<Path>, Error> {
    if !path.join(MANIFEST).is_file() {
        let text = format!("{} holds no run: it has no {MANIFEST}", path.display());
        return Err(Error::new(ErrorKind::NotFound, text));
    }
    absolute(path)
}

fn absolute(path: &Path) -> Result<Arc<Path>, Error> {
    let path = std::path::absolute(path)
        .map_err(|error| Error::io(format!("find {}", path.display()), error))?;
    Ok(Arc::from(path))
}

fn pretty(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::new(ErrorKind::Io, "serialize a file").with_source(error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn_blocking(work).await;
    done.map_err(|error| {
        Error::new(ErrorKind::Io, "file operation was cut off").with_source(error)
    })?
}

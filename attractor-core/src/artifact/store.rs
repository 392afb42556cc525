use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::ArtifactInfo;
use crate::engine::clock;
use crate::handler::{ProgressSink, StageProgress};
use crate::journal::{read_limited, write_atomic};
use crate::run::limits::{ARTIFACT_BYTES, ARTIFACT_FILE_BYTES, ARTIFACT_ID_BYTES};
use crate::{Error, ErrorKind};

/// The artifacts of a run. Cheap to clone: all clones are one store.
///
/// Data over 100 KB is in a file of the run directory, if there is one; what is smaller is in
/// memory. Both survive a resume: the journal tells of each, and holds the small ones.
///
/// ```
/// use attractor_core::ArtifactStore;
///
/// let store = ArtifactStore::in_memory();
/// store.store("report", "test report", "3 passed".into())?;
/// assert_eq!(store.retrieve("report")?, "3 passed");
/// assert_eq!(store.list().len(), 1);
/// # Ok::<(), attractor_core::Error>(())
/// ```
///
/// Source: attractor-spec 5.5.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    shared: Arc<Shared>,
    /// Where changes are told.
    progress: ProgressSink,
}

#[derive(Debug, Default)]
struct Shared {
    /// The directory with the files; nothing if all is in memory.
    directory: Option<PathBuf>,
    artifacts: Mutex<BTreeMap<String, (ArtifactInfo, Option<Value>)>>,
}

impl Default for ArtifactStore {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl ArtifactStore {
    /// An empty store that keeps all data in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            shared: Arc::default(),
            progress: ProgressSink::discard(),
        }
    }

    /// An empty store with files in the directory `artifacts` of a run directory.
    pub fn in_directory(root: impl AsRef<Path>) -> Self {
        let shared = Shared {
            directory: Some(root.as_ref().join("artifacts")),
            ..Shared::default()
        };
        Self {
            shared: Arc::new(shared),
            ..Self::in_memory()
        }
    }

    /// Keeps data under an id of letters, digits, `_`, `-` and `.`; what had that id is replaced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for another id or more than 1 GiB of data, [`ErrorKind::Io`] if
    /// the file can't be written.
    pub fn store(&self, id: &str, name: &str, data: Value) -> Result<ArtifactInfo, Error> {
        check(id)?;
        let bytes = serde_json::to_vec(&data).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "serialize an artifact").with_source(error)
        })?;
        if bytes.len() as u64 > ARTIFACT_BYTES {
            let text = format!("artifact {id} has more than {ARTIFACT_BYTES} bytes");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let file = self.file(id).filter(|_| bytes.len() > ARTIFACT_FILE_BYTES);
        let info = ArtifactInfo {
            id: id.to_owned(),
            name: name.to_owned(),
            size_bytes: bytes.len() as u64,
            stored_at: clock::now(),
            is_file_backed: file.is_some(),
        };
        let data = match file {
            Some(path) => {
                self.write(&path, &bytes)?;
                None
            }
            None => Some(data),
        };
        self.progress.send(StageProgress::ArtifactStored {
            info: info.clone(),
            data: data.clone(),
        });
        self.keep(info.clone(), data);
        Ok(info)
    }

    /// The data of an artifact.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is none of that id, [`ErrorKind::Damaged`] if its file is
    /// gone or can't be read.
    pub fn retrieve(&self, id: &str) -> Result<Value, Error> {
        let found = self.artifacts().get(id).map(|(_, data)| data.clone());
        let Some(data) = found else {
            let text = format!("there is no artifact {id:?}");
            return Err(Error::new(ErrorKind::NotFound, text));
        };
        match data {
            Some(data) => Ok(data),
            None => self.read(id),
        }
    }

    /// Whether there is an artifact of that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.artifacts().contains_key(id)
    }

    /// All artifacts, by id.
    #[must_use]
    pub fn list(&self) -> Vec<ArtifactInfo> {
        let artifacts = self.artifacts();
        artifacts.values().map(|(info, _)| info.clone()).collect()
    }

    /// Removes an artifact with its file; whether there was one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if its file can't be removed.
    pub fn remove(&self, id: &str) -> Result<bool, Error> {
        let Some((info, _)) = self.artifacts().remove(id) else {
            return Ok(false);
        };
        self.progress
            .send(StageProgress::ArtifactRemoved { id: info.id });
        match self
            .file(id)
            .filter(|_| info.is_file_backed)
            .map(fs::remove_file)
        {
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(format!("remove artifact {id}"), error))
            }
            _ => Ok(true),
        }
    }

    /// Removes all artifacts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Io`] if a file can't be removed.
    pub fn clear(&self) -> Result<(), Error> {
        for info in self.list() {
            self.remove(&info.id)?;
        }
        Ok(())
    }

    /// The same store, telling of its changes here.
    pub(crate) fn reporting(&self, progress: ProgressSink) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            progress,
        }
    }

    /// Takes in what a journal tells.
    pub(crate) fn replay(&self, report: &StageProgress) {
        match report {
            StageProgress::ArtifactStored { info, data } => self.keep(info.clone(), data.clone()),
            StageProgress::ArtifactRemoved { id } => {
                self.artifacts().remove(id);
            }
            _ => {}
        }
    }

    fn keep(&self, info: ArtifactInfo, data: Option<Value>) {
        self.artifacts().insert(info.id.clone(), (info, data));
    }

    fn file(&self, id: &str) -> Option<PathBuf> {
        let directory = self.shared.directory.as_ref()?;
        Some(directory.join(format!("{id}.json")))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        if let Some(directory) = &self.shared.directory {
            fs::create_dir_all(directory)
                .map_err(|error| Error::io(format!("create {}", directory.display()), error))?;
        }
        write_atomic(path, bytes)
    }

    fn read(&self, id: &str) -> Result<Value, Error> {
        let damaged = || Error::new(ErrorKind::Damaged, format!("the file of artifact {id}"));
        let path = self
            .file(id)
            .filter(|_| check(id).is_ok())
            .ok_or_else(damaged)?;
        let bytes = read_limited(&path, ARTIFACT_BYTES)?.ok_or_else(damaged)?;
        serde_json::from_slice(&bytes).map_err(|error| damaged().with_source(error))
    }

    fn artifacts(&self) -> MutexGuard<'_, BTreeMap<String, (ArtifactInfo, Option<Value>)>> {
        // Every change under the lock is a single insert or remove.
        let artifacts = self.shared.artifacts.lock();
        artifacts.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ids become names of files.
fn check(id: &str) -> Result<(), Error> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if id.is_empty() || id.len() > ARTIFACT_ID_BYTES || id.starts_with('.') || !id.chars().all(fits)
    {
        let text = format!("{id:?} can't be the id of an artifact");
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    Ok(())
}

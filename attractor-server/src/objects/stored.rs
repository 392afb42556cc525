use std::fs::DirBuilder;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Attributes, GetOptions, GetRange, ObjectMeta, ObjectStore as Backend, ObjectStoreExt as _,
};

use super::failure::failed;
use super::limits::REMOVALS;
use super::upload::{Stream, Upload, content_type};
use super::{ObjectBody, ObjectInfo, ObjectStore, key};
use crate::domain::Error;

/// Objects wherever the crate `object_store` can keep them.
///
/// On disk an object is a file below the root; while it's being written it's called `NAME#1`. What a
/// killed process leaves of that kind nobody reads, and it goes with [`delete_all`](ObjectStore::delete_all).
#[derive(Debug)]
pub struct StoredObjects {
    backend: Arc<dyn Backend>,
    /// Where the files are, if they are on this machine.
    root: Option<PathBuf>,
    /// Whether an object's type is kept with it.
    keeps_types: bool,
}

impl StoredObjects {
    /// Files below a directory, which is made if it isn't there, for nobody but this user. What is
    /// stored is on the disk when the call returns, also after a power failure.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if it can't be made or read.
    pub fn local(root: PathBuf) -> Result<Self, Error> {
        let open = || {
            create(&root)?;
            std::fs::canonicalize(&root)
        };
        let failed_with = |error: &dyn std::error::Error| {
            Error::unavailable(format!("can't keep objects in {}: {error}", root.display()))
        };
        let root = open().map_err(|error| failed_with(&error))?;
        let files = LocalFileSystem::new_with_prefix(&root).map_err(|error| failed_with(&error))?;
        Ok(Self {
            backend: Arc::new(files.with_automatic_cleanup(true).with_fsync(true)),
            root: Some(root),
            keeps_types: false,
        })
    }

    /// In memory, for tests: gone with the process.
    pub fn memory() -> Self {
        Self {
            backend: Arc::new(InMemory::new()),
            root: None,
            keeps_types: true,
        }
    }
}

fn create(root: &std::path::Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)
}

fn info(meta: &ObjectMeta) -> ObjectInfo {
    ObjectInfo {
        size: meta.size,
        etag: meta.e_tag.clone(),
    }
}

fn invalid_range(info: &ObjectInfo) -> Error {
    let message = format!(
        "the range begins behind the object's {} bytes or is empty",
        info.size
    );
    Error::invalid("invalid_range", message)
}

#[async_trait]
impl ObjectStore for StoredObjects {
    async fn put(
        &self,
        key: &str,
        content_type_of_bytes: &str,
        bytes: Stream,
        limit: u64,
    ) -> Result<ObjectInfo, Error> {
        let attributes = match self.keeps_types {
            true => content_type(content_type_of_bytes),
            false => Attributes::new(),
        };
        let upload = Upload {
            backend: Arc::clone(&self.backend),
            path: key::path(key)?,
            attributes,
            limit,
        };
        upload.store(bytes).await
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ObjectBody, Error> {
        let path = key::path(key)?;
        let options = GetOptions {
            range: range.clone().map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.backend.get_opts(&path, options).await {
            Ok(found) => Ok(ObjectBody {
                info: info(&found.meta),
                range: found.range.clone(),
                bytes: found
                    .into_stream()
                    .map_err(|error| failed("read an object", error))
                    .boxed(),
            }),
            Err(error) => {
                // The crate has no word for a range that isn't there: it's looked up.
                let known = self.head(key).await?;
                match range {
                    Some(range) if range.is_empty() || range.start >= known.size => {
                        Err(invalid_range(&known))
                    }
                    _ => Err(failed("read an object", error)),
                }
            }
        }
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, Error> {
        let found = self.backend.head(&key::path(key)?).await;
        let meta = found.map_err(|error| failed("read an object", error))?;
        Ok(info(&meta))
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.backend.delete(&key::path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("delete an object", error)),
        }
    }

    async fn delete_all(&self, prefix: &str) -> Result<(), Error> {
        let folder = key::folder(prefix)?;
        match &self.root {
            // With what was never finished.
            Some(root) => remove_folder(root.join(folder.as_ref())).await,
            None => self.delete_listed(&folder).await,
        }
    }
}

impl StoredObjects {
    async fn delete_listed(&self, folder: &Path) -> Result<(), Error> {
        let paths = self.backend.list(Some(folder)).map_ok(|meta| meta.location);
        let deleted = self.backend.delete_stream(paths.boxed());
        let all = deleted.try_for_each(|_path| futures::future::ready(Ok(())));
        all.await.map_err(|error| failed("delete objects", error))
    }
}

async fn remove_folder(folder: PathBuf) -> Result<(), Error> {
    let mut removed = Ok(());
    for _ in 0..REMOVALS {
        removed = match tokio::fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        let Err(error) = &removed else { break };
        // Another has written into it meanwhile.
        if error.kind() != io::ErrorKind::DirectoryNotEmpty {
            break;
        }
    }
    removed.map_err(|error| Error::unavailable("can't delete objects now").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::object_store_suite;

    #[tokio::test]
    async fn memory_satisfies_the_suite() {
        object_store_suite(&StoredObjects::memory()).await;
    }

    #[tokio::test]
    async fn files_satisfy_the_suite() {
        let disk = tempfile::tempdir().unwrap();
        object_store_suite(&StoredObjects::local(disk.path().to_owned()).unwrap()).await;
    }

    fn bytes(text: &'static str) -> Stream {
        futures::stream::iter([Ok(bytes::Bytes::from(text))]).boxed()
    }

    #[tokio::test]
    async fn what_a_killed_process_left_goes_with_the_rest() {
        let disk = tempfile::tempdir().unwrap();
        let objects = StoredObjects::local(disk.path().join("objects")).unwrap();
        objects
            .put("runs/p/r/a", "text/plain", bytes("x"), 9)
            .await
            .unwrap();
        let left = disk.path().join("objects/runs/p/r/a#1");
        std::fs::write(&left, "half").unwrap();
        objects
            .put("runs/p/r/a", "text/plain", bytes("y"), 9)
            .await
            .unwrap();
        objects.delete_all("runs/p/r/").await.unwrap();
        assert!(!left.exists());
        assert!(disk.path().join("objects").exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_this_user_may_read_what_is_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().join("a/objects");
        StoredObjects::local(root.clone()).unwrap();
        let mode = std::fs::metadata(root).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_key_below_an_object_is_refused_on_disk() {
        let disk = tempfile::tempdir().unwrap();
        let objects = StoredObjects::local(disk.path().to_owned()).unwrap();
        objects.put("a", "text/plain", bytes("x"), 9).await.unwrap();
        let error = objects
            .put("a/b", "text/plain", bytes("x"), 9)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "object_key_taken");
        assert_eq!(objects.head("a").await.unwrap().size, 1);
    }
}

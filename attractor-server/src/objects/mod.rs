//! The bytes of artifacts and bundles, by their keys.

mod failure;
mod key;
mod limits;
mod stored;
mod upload;

pub use self::stored::StoredObjects;

use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::domain::Error;

/// What is known about an object without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// How many bytes it has.
    pub size: u64,
    /// Changes whenever the object does.
    pub etag: Option<String>,
}

/// An object that is being read: the bytes that were asked for, piece by piece.
pub struct ObjectBody {
    /// Of the whole object.
    pub info: ObjectInfo,
    /// Which of its bytes follow.
    pub range: Range<u64>,
    /// The bytes.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl Debug for ObjectBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectBody")
            .field("info", &self.info)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// Keeps bytes under keys: on this machine's disk, or with a service like S3.
///
/// Keys are relative paths with `/`, of the forms that the contract gives (10.1):
/// `runs/<project>/<run>/<key>`, `spec-bundles/<project>/<run>/<name>`.
#[async_trait]
pub trait ObjectStore: Debug + Send + Sync + 'static {
    /// Stores an object, in the place of the one with that key if there is one.
    ///
    /// # Behavior
    ///
    /// - A reader sees the old object or the new one, whole, also when the process is killed meanwhile.
    /// - If the stream fails, or the call is dropped, nothing has changed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`](crate::domain::ErrorKind::TooLarge) beyond `limit` bytes,
    /// [`Invalid`](crate::domain::ErrorKind::Invalid) for a key that leads elsewhere,
    /// [`Unavailable`](crate::domain::ErrorKind::Unavailable) if it can't be stored now, and what the
    /// stream fails with.
    async fn put(
        &self,
        key: &str,
        content_type: &str,
        bytes: BoxStream<'static, Result<Bytes, Error>>,
        limit: u64,
    ) -> Result<ObjectInfo, Error>;

    /// Reads an object, or a part of it; a part that begins within the object and ends behind it ends
    /// with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound),
    /// [`Invalid`](crate::domain::ErrorKind::Invalid) with the code `invalid_range` for a part that
    /// begins behind the object's end.
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ObjectBody, Error>;

    /// What is known about an object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound).
    async fn head(&self, key: &str) -> Result<ObjectInfo, Error>;

    /// Removes an object; that there is none is no error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn delete(&self, key: &str) -> Result<(), Error>;

    /// Removes all objects whose keys begin with `prefix`, which ends with `/`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn delete_all(&self, prefix: &str) -> Result<(), Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn ObjectStore> = None;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    Attribute, AttributeValue, Attributes, MultipartUpload, ObjectStore as Backend,
    PutMultipartOptions, PutOptions, PutResult,
};

use super::ObjectInfo;
use super::failure::failed;
use super::limits::PART_BYTES;
use crate::domain::{Error, ErrorKind};

/// An object on its way: nobody sees it before it's whole.
pub(super) struct Upload {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) path: Path,
    pub(super) attributes: Attributes,
    pub(super) limit: u64,
}

pub(super) type Stream = BoxStream<'static, Result<Bytes, Error>>;

/// The type of an object's bytes as the attribute of it.
pub(super) fn content_type(text: &str) -> Attributes {
    let value = AttributeValue::from(text.to_owned());
    [(Attribute::ContentType, value)].into_iter().collect()
}

impl Upload {
    /// Stores what the stream yields. One that ends within the first part is stored at once.
    pub(super) async fn store(self, mut bytes: Stream) -> Result<ObjectInfo, Error> {
        let mut part = BytesMut::new();
        let mut size = 0;
        let is_whole = self.read_part(&mut bytes, &mut part, &mut size).await?;
        let stored = if is_whole {
            let options = PutOptions {
                attributes: self.attributes.clone(),
                ..PutOptions::default()
            };
            let put = self
                .backend
                .put_opts(&self.path, part.freeze().into(), options);
            put.await
                .map_err(|error| failed("store an object", error))?
        } else {
            self.store_parts(bytes, part, &mut size).await?
        };
        Ok(ObjectInfo {
            size,
            etag: stored.e_tag,
        })
    }

    /// Stores it part by part; if that fails, what was stored so far is removed. Dropping the upload
    /// removes it, too.
    async fn store_parts(
        &self,
        mut bytes: Stream,
        mut part: BytesMut,
        size: &mut u64,
    ) -> Result<PutResult, Error> {
        let options = PutMultipartOptions {
            attributes: self.attributes.clone(),
            ..PutMultipartOptions::default()
        };
        let mut upload = self
            .backend
            .put_multipart_opts(&self.path, options)
            .await
            .map_err(|error| failed("store an object", error))?;
        let stored = self
            .send_parts(&mut *upload, &mut bytes, &mut part, size)
            .await;
        if stored.is_err() {
            // What made it fail is what counts.
            let _ = upload.abort().await;
        }
        stored
    }

    async fn send_parts(
        &self,
        upload: &mut dyn MultipartUpload,
        bytes: &mut Stream,
        part: &mut BytesMut,
        size: &mut u64,
    ) -> Result<PutResult, Error> {
        loop {
            let full = part.split().freeze();
            let sent = upload.put_part(full.into()).await;
            sent.map_err(|error| failed("store an object", error))?;
            let is_last = self.read_part(bytes, part, size).await?;
            if is_last && part.is_empty() {
                break;
            }
            if is_last {
                let sent = upload.put_part(part.split().freeze().into()).await;
                sent.map_err(|error| failed("store an object", error))?;
                break;
            }
        }
        let stored = upload.complete().await;
        stored.map_err(|error| failed("store an object", error))
    }

    /// Reads until there is enough for a part; whether the stream has ended.
    async fn read_part(
        &self,
        bytes: &mut Stream,
        part: &mut BytesMut,
        size: &mut u64,
    ) -> Result<bool, Error> {
        while part.len() < PART_BYTES {
            let Some(more) = bytes.next().await else {
                return Ok(true);
            };
            let more = more?;
            *size = size.saturating_add(more.len() as u64);
            if *size > self.limit {
                let message = format!("an object may have {} bytes here", self.limit);
                return Err(Error::new(ErrorKind::TooLarge, "object_too_large", message));
            }
            part.extend_from_slice(&more);
        }
        Ok(false)
    }
}

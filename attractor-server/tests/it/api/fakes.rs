//! Stand-ins.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use attractor_server::domain::*;
use attractor_server::forge::*;
use attractor_server::objects::*;
use attractor_server::secrets::*;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use secrecy::SecretString;

#[derive(Debug)]
pub(super) struct TestClock(AtomicI64);
impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_771_948_800_000))
    }
}
impl TestClock {
    pub(super) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }
}
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Debug, Default)]
pub(super) struct Objects(Mutex<HashMap<String, Bytes>>);
#[async_trait]
impl ObjectStore for Objects {
    async fn put(
        &self,
        key: &str,
        _: &str,
        mut bytes: BoxStream<'static, Result<Bytes, Error>>,
        _: u64,
    ) -> Result<ObjectInfo, Error> {
        let mut all = Vec::new();
        while let Some(piece) = bytes.next().await {
            all.extend_from_slice(&piece?);
        }
        let size = all.len() as u64;
        self.0.lock().unwrap().insert(key.to_owned(), all.into());
        Ok(ObjectInfo { size, etag: None })
    }
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ObjectBody, Error> {
        let all = self
            .0
            .lock()
            .unwrap()
            .get(key)
            .cloned()
            .ok_or_else(|| Error::not_found("object"))?;
        let range = range.unwrap_or(0..all.len() as u64);
        let part = all.slice(range.start as usize..range.end as usize);
        Ok(ObjectBody {
            info: ObjectInfo {
                size: all.len() as u64,
                etag: None,
            },
            range,
            bytes: stream::iter([Ok(part)]).boxed(),
        })
    }
    async fn head(&self, key: &str) -> Result<ObjectInfo, Error> {
        let size = self.get(key, None).await?.info.size;
        Ok(ObjectInfo { size, etag: None })
    }
    async fn delete(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }
    async fn delete_all(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct NoSecrets;
#[async_trait]
impl SecretStore for NoSecrets {
    async fn put(
        &self,
        _: NewSecret,
        _: BTreeMap<String, SecretString>,
    ) -> Result<ProjectSecret, Error> {
        Err(Error::unavailable("x"))
    }
    async fn delete(&self, _: &ProjectId, _: &SecretId) -> Result<(), Error> {
        Ok(())
    }
    async fn environment(&self, _: &ProjectId) -> Result<SecretEnvironment, Error> {
        Ok(SecretEnvironment::new())
    }
}

#[derive(Debug)]
pub(super) struct NoForge;
#[async_trait]
impl Forge for NoForge {
    async fn credential(
        &self,
        _: &Project,
        _: Option<&SecretString>,
    ) -> Result<Option<GitCredential>, Error> {
        Ok(None)
    }
    async fn default_branch(
        &self,
        _: &Project,
        _: Option<&SecretString>,
    ) -> Result<Option<BranchName>, Error> {
        Ok(None)
    }
    async fn find_or_create_pull_request(
        &self,
        _: &Project,
        _: Option<&SecretString>,
        _: NewPullRequest,
    ) -> Result<Option<PullRequest>, Error> {
        Ok(None)
    }
    async fn repositories(&self, _: &Project) -> Result<Vec<ForgeRepository>, Error> {
        Ok(vec![])
    }
}

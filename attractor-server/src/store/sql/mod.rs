//! The store in SQLite or PostgreSQL, with one SQL for both (ADR 0021).
//!
//! A file here does what the trait's file of the same name one folder up says. What they share:
//! [`dialect`] knows what differs between the databases, [`statement`] runs statements with a limit of
//! time, [`row`] reads columns, [`list`] makes pages, [`error`] says what a database's error means.

mod artifacts;
mod attractors;
mod audit;
mod bundles;
mod dialect;
mod error;
mod events;
#[cfg(all(test, feature = "testing"))]
mod faults;
mod lease;
mod limits;
mod list;
mod migrate;
mod open;
mod projects;
mod questions;
mod row;
mod run_pipelines;
mod runs;
mod secrets;
mod sessions;
mod settings;
mod statement;
#[cfg(feature = "testing")]
mod temporary;
mod tokens;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::any::Any;
use sqlx::pool::PoolConnection;
use sqlx::{AnyConnection, AnyPool, Transaction};
use tempfile::TempDir;

use self::dialect::Dialect;
pub(super) use self::error::failed;
use self::statement::sql;
#[cfg(feature = "testing")]
pub use self::temporary::{DatabaseLock, TestDatabase};
use super::Store;
use crate::domain::{Clock, Error, SystemClock, Timestamp};

/// A [`Store`] in SQLite or PostgreSQL.
///
/// ```
/// use attractor_server::domain::{Namespace, NewProject, PageRequest};
/// use attractor_server::store::{Projects as _, SqlStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), attractor_server::domain::Error> {
/// let store = SqlStore::temporary().await?;
/// let namespace = Namespace::of_project("My project");
/// let name = "My project".to_owned();
/// let project = store.create_project(NewProject { name, namespace }).await?;
/// let page = store.projects(None, &PageRequest::default()).await?;
/// assert_eq!(page.items, [project]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqlStore {
    dialect: Dialect,
    reads: AnyPool,
    writes: AnyPool,
    clock: Arc<dyn Clock>,
    /// Where a temporary database is, until its last handle is gone.
    folder: Option<Arc<TempDir>>,
}

impl SqlStore {
    /// Opens a database, and makes or changes its tables to what this version needs.
    ///
    /// The address is `sqlite://PATH`, whose file is made if there is none, or
    /// `postgres://USER:PASSWORD@HOST:PORT/NAME`. Several servers may start with one database at the
    /// same time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) for another address,
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if the database can't be
    /// reached, [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal) if its tables aren't ours.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let dialect = Dialect::of(url)?;
        let url = open::prepare(dialect, url)?;
        migrate::run(dialect, &url).await?;
        let (reads, writes) = open::pools(dialect, &url)?;
        let store = Self {
            dialect,
            reads,
            writes,
            clock: Arc::new(SystemClock),
            folder: None,
        };
        store.ping().await?;
        Ok(store)
    }

    /// A database in a folder of its own that goes with it: for tests and trials.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if there is no place for it.
    pub async fn temporary() -> Result<Self, Error> {
        let folder = TempDir::with_prefix("attractor-store-").map_err(|error| {
            Error::unavailable("can't make a temporary database").caused_by(error)
        })?;
        let path = folder.path().join("attractor.db");
        let mut store = Self::connect(&format!("sqlite://{}", path.display())).await?;
        store.folder = Some(Arc::new(folder));
        Ok(store)
    }

    /// Takes the times of what is created from another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A connection to read with.
    async fn read(&self) -> Result<PoolConnection<Any>, Error> {
        self.reads.acquire().await.map_err(failed)
    }

    /// A transaction that may write: alone on SQLite, one among others on PostgreSQL. Nothing of it
    /// stays unless it's committed.
    async fn write(&self) -> Result<Transaction<'static, Any>, Error> {
        let begin = self.writes.begin_with(self.dialect.begin());
        begin.await.map_err(failed)
    }
}

/// Ends a transaction for good.
async fn commit(transaction: Transaction<'static, Any>) -> Result<(), Error> {
    transaction.commit().await.map_err(failed)
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("dialect", &self.dialect)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> Result<(), Error> {
        let one: i64 = sql("select cast(1 as bigint)")
            .one(&mut *self.read().await?)
            .await?;
        debug_assert_eq!(one, 1);
        Ok(())
    }

    async fn close(&self) {
        self.reads.close().await;
        self.writes.close().await;
    }
}

/// What statements run on: a connection of the pool, or a transaction's.
type Connection = AnyConnection;

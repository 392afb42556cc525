use std::env::temp_dir;
use std::path::PathBuf;

use sqlx::AnyConnection;
use sqlx::Connection as _;
use url::Url;

use super::dialect::Dialect;
use super::error::failed;
use super::statement::sql;
use super::{SqlStore, migrate, open};
use crate::domain::{Error, RunId};

/// A database for one test, empty at first; [`remove`](Self::remove) takes it away.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    url: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Server { url: Url, name: String },
    Elsewhere,
}

/// A lock on a database that keeps everybody else from writing; dropping it lets go.
#[derive(Debug)]
pub struct DatabaseLock {
    connection: AnyConnection,
}

impl DatabaseLock {
    /// Lets go, and waits until it has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    pub async fn release(self) -> Result<(), Error> {
        self.connection.close().await.map_err(failed)
    }
}

impl TestDatabase {
    /// One in a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if there is no place for it.
    pub fn sqlite() -> Result<Self, Error> {
        let folder = temp_dir().join(format!("attractor-test-{}", RunId::new()));
        std::fs::create_dir(&folder).map_err(|error| {
            Error::unavailable("can't make a folder for a test").caused_by(error)
        })?;
        let url = format!("sqlite://{}", folder.join("test.db").display());
        let place = Place::Folder(folder);
        Ok(Self { url, place })
    }

    /// One on a PostgreSQL server, of which `server` is some database of a user who may make others.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if it can't be reached.
    pub async fn postgres(server: &str) -> Result<Self, Error> {
        let server = open::prepare(Dialect::Postgres, server)?;
        let name = format!("attractor_test_{}", RunId::new());
        on_server(&server, &format!("create database {name}")).await?;
        let mut url = server.clone();
        url.set_path(&name);
        let place = Place::Server { url: server, name };
        Ok(Self {
            url: url.to_string(),
            place,
        })
    }

    /// One that somebody else has made and takes away.
    pub fn at(url: impl Into<String>) -> Self {
        let (url, place) = (url.into(), Place::Elsewhere);
        Self { url, place }
    }

    /// Keeps everybody else from writing, as another program would that writes for long. SQLite's only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable) if somebody else writes all the
    /// time.
    pub async fn lock(&self) -> Result<DatabaseLock, Error> {
        let url = open::prepare(Dialect::Sqlite, &self.url)?;
        let options = open::options(&url)?;
        let connection = AnyConnection::connect_with(&options).await;
        let mut connection = connection.map_err(failed)?;
        sql("begin immediate".to_owned())
            .execute(&mut connection)
            .await?;
        Ok(DatabaseLock { connection })
    }

    /// What the migrations are called that make a database what [`open`](Self::open) needs, in order.
    pub fn migrations() -> Vec<&'static str> {
        migrate::names().collect()
    }

    /// Makes the tables that an older version had, which knew the first `count` migrations only.
    ///
    /// # Errors
    ///
    /// As [`SqlStore::connect`].
    pub async fn migrate(&self, count: usize) -> Result<(), Error> {
        let dialect = Dialect::of(&self.url)?;
        let url = open::prepare(dialect, &self.url)?;
        migrate::run_first(dialect, &url, count).await
    }

    /// Executes statements as they are, as somebody would by hand.
    ///
    /// # Errors
    ///
    /// As [`SqlStore::connect`], and [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal) for what
    /// the database can't execute.
    pub async fn execute(&self, statements: &str) -> Result<(), Error> {
        let dialect = Dialect::of(&self.url)?;
        let options = open::options(&open::prepare(dialect, &self.url)?)?;
        let connection = AnyConnection::connect_with(&options).await;
        let mut connection = connection.map_err(failed)?;
        let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()));
        statements.execute(&mut connection).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it, as another server would.
    ///
    /// # Errors
    ///
    /// As [`SqlStore::connect`].
    pub async fn open(&self) -> Result<SqlStore, Error> {
        SqlStore::connect(&self.url).await
    }

    /// Takes it away, whoever still has it open.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    pub async fn remove(self) -> Result<(), Error> {
        match self.place {
            Place::Folder(folder) => std::fs::remove_dir_all(folder).map_err(|error| {
                Error::unavailable("can't remove the folder of a test").caused_by(error)
            }),
            Place::Server { url, name } => {
                on_server(&url, &format!("drop database {name} with (force)")).await
            }
            Place::Elsewhere => Ok(()),
        }
    }
}

async fn on_server(url: &Url, statement: &str) -> Result<(), Error> {
    let options = open::options(url)?;
    let mut connection = AnyConnection::connect_with(&options)
        .await
        .map_err(failed)?;
    sql(statement.to_owned()).execute(&mut connection).await?;
    connection.close().await.map_err(failed)
}

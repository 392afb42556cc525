use std::path::{Path, PathBuf};
use std::sync::Once;

use sqlx::AnyPool;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use url::Url;

use super::dialect::Dialect;
use super::error::failed;
use super::limits::{ACQUIRE, FRESH, POSTGRES_CONNECTIONS, SQLITE_BUSY_MS, SQLITE_READERS};
use crate::domain::Error;

/// Makes the address one that the driver takes; SQLite's file, if there is none, is made so that only
/// this user can read it.
pub(super) fn prepare(dialect: Dialect, url: &str) -> Result<Url, Error> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    let refuse = || Error::invalid("invalid_database", "the database's address makes no sense");
    if dialect == Dialect::Postgres {
        return Url::parse(url).map_err(|_| refuse());
    }
    let (_, path) = url.split_once("://").ok_or_else(refuse)?;
    let path = std::path::absolute(path).map_err(|_| refuse())?;
    make(&path)?;
    let file = Url::from_file_path(&path).map_err(|()| refuse())?;
    let url = file.as_str().replacen("file", "sqlite", 1);
    Url::parse(&url).map_err(|_| refuse())
}

/// Makes an empty file for a database. What SQLite lays beside it gets the same permissions.
fn make(path: &PathBuf) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(path).map(drop);
    made.map_err(|error| {
        let message = format!("can't open the database {}", Path::new(path).display());
        Error::unavailable(message).caused_by(error)
    })
}

/// How the driver is told of an address. It doesn't log statements: they are in traces of requests.
pub(super) fn options(url: &Url) -> Result<AnyConnectOptions, Error> {
    let options = AnyConnectOptions::from_url(url).map_err(failed)?;
    Ok(options.disable_statement_logging())
}

/// The connections to read with and those to write with. SQLite has one that writes, so that writers
/// wait for each other in order and not for a lock; PostgreSQL's are the same.
pub(super) fn pools(dialect: Dialect, url: &Url) -> Result<(AnyPool, AnyPool), Error> {
    let (readers, writers) = match dialect {
        Dialect::Sqlite => (SQLITE_READERS, 1),
        Dialect::Postgres => (0, POSTGRES_CONNECTIONS),
    };
    let writes = pool(dialect, true, writers).connect_lazy_with(options(url)?);
    let reads = match dialect {
        Dialect::Sqlite => pool(dialect, false, readers).connect_lazy_with(options(url)?),
        Dialect::Postgres => writes.clone(),
    };
    Ok((reads, writes))
}

fn pool(dialect: Dialect, writes: bool, connections: u32) -> AnyPoolOptions {
    let on_connect = dialect.on_connect(writes);
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                // A disk without room ends SQLite's transactions by itself, which the driver doesn't notice:
                // it begins no other on that connection.
                if connection.is_in_transaction() {
                    return Ok(false);
                }
                if metadata.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if dialect == Dialect::Sqlite {
                    let busy = format!("pragma busy_timeout = {SQLITE_BUSY_MS}");
                    connection.execute(sqlx::AssertSqlSafe(busy)).await?;
                }
                sqlx::raw_sql(on_connect).execute(&mut *connection).await?;
                Ok(())
            })
        })
}

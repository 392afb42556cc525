use sqlx::AnyConnection;
use sqlx::Connection as _;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use tokio::time::timeout;
use url::Url;

use super::dialect::Dialect;
use super::error::failed;
use super::limits::{ACQUIRE, SQLITE_BUSY_MS};
use super::open;
use super::statement::sql;
use crate::domain::Error;

/// The files of `migrations/`: what they are called, for SQLite and for PostgreSQL.
const MIGRATIONS: &[(&str, &str, &str)] = &[
    (
        "0001_init",
        include_str!("../../../migrations/sqlite/0001_init.sql"),
        include_str!("../../../migrations/postgres/0001_init.sql"),
    ),
    (
        "0002_version_message",
        include_str!("../../../migrations/sqlite/0002_version_message.sql"),
        include_str!("../../../migrations/postgres/0002_version_message.sql"),
    ),
];

/// Brings the tables to what this version needs. Of several servers that start at the same time, one
/// does it and the others wait.
pub(super) async fn run(dialect: Dialect, url: &Url) -> Result<(), Error> {
    let options = open::options(url)?;
    let connect = AnyConnection::connect_with(&options);
    let mut connection = match timeout(ACQUIRE, connect).await {
        Ok(connection) => connection.map_err(failed)?,
        Err(_) => return Err(failed(sqlx::Error::PoolTimedOut)),
    };
    let done = match dialect {
        Dialect::Sqlite => alone(&mut connection).await,
        // It takes a lock of its own.
        Dialect::Postgres => migrator(dialect)
            .run_direct(None, &mut connection, false)
            .await
            .map_err(refused),
    };
    connection.close().await.map_err(failed)?;
    done
}

/// In SQLite the lock is the transaction around all of them.
async fn alone(connection: &mut AnyConnection) -> Result<(), Error> {
    sql(format!("pragma busy_timeout = {SQLITE_BUSY_MS}"))
        .execute(connection)
        .await?;
    sql("pragma journal_mode = wal").execute(connection).await?;
    let mut transaction = connection
        .begin_with(Dialect::Sqlite.begin())
        .await
        .map_err(failed)?;
    migrator(Dialect::Sqlite)
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(refused)?;
    transaction.commit().await.map_err(failed)
}

fn migrator(dialect: Dialect) -> Migrator {
    let migration = |(name, sqlite, postgres): &(&'static str, &'static str, &'static str)| {
        let (version, description) = name.split_once('_').unwrap_or((name, ""));
        let text = match dialect {
            Dialect::Sqlite => *sqlite,
            Dialect::Postgres => *postgres,
        };
        Migration::new(
            version.parse().unwrap_or_default(),
            description.to_owned().into(),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect());
    // The version before this one works with the tables of this one (migrations/README.md).
    migrator.set_ignore_missing(true);
    migrator
}

fn refused(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) => failed(error),
        MigrateError::ExecuteMigration(error, version) => {
            let message = format!("migration {version} of the database failed");
            Error::internal(message).caused_by(error)
        }
        error => {
            Error::internal("the database's tables aren't those of this program").caused_by(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_list_in_order() {
        let listed: Vec<String> = MIGRATIONS
            .iter()
            .map(|it| format!("{}.sql", it.0))
            .collect();
        assert!(listed.is_sorted());
        for folder in ["sqlite", "postgres"] {
            let path = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let entries = std::fs::read_dir(path).unwrap();
            let mut files: Vec<_> = entries
                .map(|it| it.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            assert_eq!(files, listed, "{folder}");
        }
        for (name, ..) in MIGRATIONS {
            let version = name.split_once('_').unwrap().0.parse::<i64>();
            assert!(version.is_ok(), "{name}");
        }
    }
}

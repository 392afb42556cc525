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
use crate::domain::{Error, Timestamp};

/// What a migration's files are called, and what they say: for SQLite and for PostgreSQL.
type Named = (&'static str, &'static str, &'static str);

type Migrations = &'static [Named];

/// The files of `migrations/`.
const MIGRATIONS: Migrations = &[
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
    (
        "0003_run_pipelines",
        include_str!("../../../migrations/sqlite/0003_run_pipelines.sql"),
        include_str!("../../../migrations/postgres/0003_run_pipelines.sql"),
    ),
];

/// The migrations that a program must know to work with the tables that these leave. Whoever adds one that
/// takes something away raises it to that one's number (migrations/README.md).
const REQUIRED: i64 = 1;

/// The setting that tells this to programs that are older than the tables.
const REQUIRED_SETTING: &str = "database.required_migration";

/// Brings the tables to what this version needs. Of several servers that start at the same time, one
/// does it and the others wait.
///
/// # Errors
///
/// [`Conflict`](crate::domain::ErrorKind::Conflict) with the code `newer_database` if a newer program has
/// made them what this one can't use.
pub(super) async fn run(dialect: Dialect, url: &Url) -> Result<(), Error> {
    run_some(dialect, url, MIGRATIONS).await
}

/// What the migrations are called, in order.
#[cfg(feature = "testing")]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|(name, ..)| *name)
}

/// Brings the tables to what an older version needed, that had so many migrations.
#[cfg(feature = "testing")]
pub(super) async fn run_first(dialect: Dialect, url: &Url, count: usize) -> Result<(), Error> {
    run_some(dialect, url, &MIGRATIONS[..count]).await
}

async fn run_some(dialect: Dialect, url: &Url, migrations: Migrations) -> Result<(), Error> {
    let options = open::options(url)?;
    let connect = AnyConnection::connect_with(&options);
    let mut connection = match timeout(ACQUIRE, connect).await {
        Ok(connection) => connection.map_err(failed)?,
        Err(_) => return Err(failed(sqlx::Error::PoolTimedOut)),
    };
    let done = match dialect {
        Dialect::Sqlite => alone(&mut connection, migrations).await,
        // It takes a lock of its own.
        Dialect::Postgres => apply(dialect, &mut connection, migrations).await,
    };
    connection.close().await.map_err(failed)?;
    done
}

/// In SQLite the lock is the transaction around all of them.
async fn alone(connection: &mut AnyConnection, migrations: Migrations) -> Result<(), Error> {
    sql(format!("pragma busy_timeout = {SQLITE_BUSY_MS}"))
        .execute(connection)
        .await?;
    sql("pragma journal_mode = wal").execute(connection).await?;
    let mut transaction = connection
        .begin_with(Dialect::Sqlite.begin())
        .await
        .map_err(failed)?;
    apply(Dialect::Sqlite, &mut transaction, migrations).await?;
    transaction.commit().await.map_err(failed)
}

async fn apply(
    dialect: Dialect,
    connection: &mut AnyConnection,
    migrations: Migrations,
) -> Result<(), Error> {
    migrator(dialect, migrations)
        .run_direct(None, &mut *connection, false)
        .await
        .map_err(refused)?;
    agree(connection, migrations.last().map_or(0, number)).await
}

/// Refuses tables from which a newer program has taken what this one needs, and tells older programs the same
/// of these.
async fn agree(connection: &mut AnyConnection, known: i64) -> Result<(), Error> {
    let statement = sql("select value from settings where name = $1").bind(REQUIRED_SETTING);
    let required = statement.optional::<String>(connection).await?;
    // What can't be read is a newer program's, too.
    let required = required.map_or(1, |text| text.parse().unwrap_or(i64::MAX));
    if required > known {
        let there = sql("select cast(max(version) as bigint) from _sqlx_migrations");
        let there: i64 = there.one(connection).await?;
        let message = format!(
            "a newer version of attractor has changed the database: it has migration {there}, and this version \
             knows those up to {known}; start the newer one, or a copy of the database from before"
        );
        return Err(Error::conflict("newer_database", message));
    }
    if required < REQUIRED && known >= REQUIRED {
        let statement = sql(
            "insert into settings (name, value, updated_at) values ($1, $2, $3)
             on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
             where cast(settings.value as bigint) < cast(excluded.value as bigint)",
        );
        let statement = statement
            .bind(REQUIRED_SETTING)
            .bind(REQUIRED.to_string())
            .bind(Timestamp::now().as_millis());
        statement.execute(connection).await?;
    }
    Ok(())
}

/// A migration's number.
fn number((name, ..): &Named) -> i64 {
    let number = name.split_once('_').map(|(number, _)| number.parse());
    number.and_then(Result::ok).unwrap_or_default()
}

fn migrator(dialect: Dialect, migrations: Migrations) -> Migrator {
    let migration = |named: &Named| {
        let (name, sqlite, postgres) = named;
        let description = name.split_once('_').map_or("", |(_, what)| what);
        let text = match dialect {
            Dialect::Sqlite => *sqlite,
            Dialect::Postgres => *postgres,
        };
        Migration::new(
            number(named),
            description.to_owned().into(),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    };
    let mut migrator = Migrator::with_migrations(migrations.iter().map(migration).collect());
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
        for (named, expected) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(number(named), expected, "{}", named.0);
        }
    }

    #[test]
    fn what_takes_something_away_is_told_to_older_programs() {
        for named @ (name, sqlite, postgres) in MIGRATIONS {
            let text = format!("{sqlite}\n{postgres}").to_lowercase();
            let takes_away = ["drop table", "drop column", "rename "];
            let is_so = takes_away.iter().any(|it| text.contains(it));
            assert!(
                !is_so || REQUIRED >= number(named),
                "{name}: raise REQUIRED"
            );
        }
    }
}

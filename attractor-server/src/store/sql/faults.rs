//! What becomes of calls while a database can't do what it should.

#![expect(clippy::print_stdout, reason = "tests say what they skip")]

use std::sync::Arc;

use super::statement::sql;
use super::{SqlStore, TestDatabase};
use crate::domain::{Error, ErrorKind, Namespace, NewProject, Project};
use crate::store::{Projects as _, Store as _};

async fn create(store: &SqlStore, name: &str) -> Result<Project, Error> {
    let namespace = Namespace::of_project(name);
    let name = name.to_owned();
    store.create_project(NewProject { name, namespace }).await
}

#[tokio::test]
async fn a_locked_database_is_waited_for_and_then_unavailable() {
    let database = TestDatabase::sqlite().unwrap();
    let (one, other) = (
        database.open().await.unwrap(),
        database.open().await.unwrap(),
    );
    let lock = other.write().await.unwrap();
    let hasty = "pragma busy_timeout = 1";
    sql(hasty)
        .execute(&mut one.writes.acquire().await.unwrap())
        .await
        .unwrap();
    let refused = create(&one, "refused").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(one.ping().await.is_ok(), "who reads isn't in anybody's way");
    lock.rollback().await.unwrap();
    create(&one, "later").await.unwrap();
    database.remove().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_space() {
    let database = TestDatabase::sqlite().unwrap();
    let store = database.open().await.unwrap();
    let pages = async |count: i64| {
        let mut connection = store.writes.acquire().await.unwrap();
        let statement = sql(format!("pragma max_page_count = {count}"));
        statement.optional::<i64>(&mut connection).await.unwrap();
    };
    // As few as there are.
    pages(1).await;
    let mut full = None;
    for number in 0..500 {
        if let Err(error) = create(&store, &format!("project {number}")).await {
            full = Some(error);
            break;
        }
    }
    let full = full.expect("the pages are used up");
    assert_eq!(full.kind(), ErrorKind::Unavailable);
    assert!(!full.to_string().contains("sqlite"), "{full}");
    pages(1_000_000).await;
    create(&store, "afterwards").await.unwrap();
    database.remove().await.unwrap();
}

#[tokio::test]
async fn two_servers_that_start_together_migrate_once() {
    let database = TestDatabase::sqlite().unwrap();
    let opened = futures::future::join_all((0..8).map(|_| database.open())).await;
    for store in opened {
        store.unwrap().ping().await.unwrap();
    }
    database.remove().await.unwrap();
}

#[tokio::test]
async fn two_servers_that_start_together_on_postgresql_migrate_once() {
    let Some(server) = postgres() else {
        return;
    };
    let database = TestDatabase::postgres(&server).await.unwrap();
    let opened = futures::future::join_all((0..8).map(|_| database.open())).await;
    for store in opened {
        store.unwrap().ping().await.unwrap();
    }
    database.remove().await.unwrap();
}

#[tokio::test]
async fn connections_that_postgresql_has_closed_are_replaced() {
    let Some(server) = postgres() else {
        return;
    };
    let database = TestDatabase::postgres(&server).await.unwrap();
    let (store, other) = (
        database.open().await.unwrap(),
        database.open().await.unwrap(),
    );
    let project = create(&store, "kept").await.unwrap();
    let statement = sql(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    );
    let closed: i64 = statement
        .one(&mut other.read().await.unwrap())
        .await
        .unwrap();
    assert!(closed > 0);
    let mut read = store.project(&project.id).await;
    // One for each connection that there may be.
    for _lost in 0..32 {
        match &read {
            Ok(_) => break,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}"),
        }
        read = store.project(&project.id).await;
    }
    assert_eq!(read.unwrap(), project);
    database.remove().await.unwrap();
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_told_without_its_password() {
    for (url, kind) in [
        ("mysql://me:secret@localhost/x", ErrorKind::Invalid),
        ("postgres://me:secret@[x", ErrorKind::Invalid),
        ("sqlite:///nowhere/at/all/secret.db", ErrorKind::Unavailable),
    ] {
        let error = SqlStore::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {error}");
        assert!(!error.to_string().contains("me:secret"), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn others_cannot_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = TestDatabase::sqlite().unwrap();
    let store = database.open().await.unwrap();
    create(&store, "secret").await.unwrap();
    let path = database.url().trim_start_matches("sqlite://").to_owned();
    for file in [path.clone(), format!("{path}-wal")] {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    database.remove().await.unwrap();
}

/// The PostgreSQL server that tests may make databases on; says so, if there is none.
fn postgres() -> Option<String> {
    let url = crate::env::test_postgres();
    if url.is_none() {
        println!(
            "SKIPPED: ATTRACTOR_TEST_POSTGRES_URL isn't set; scripts/services-up says to what"
        );
    }
    url
}

/// Every statement that the suite has run uses an index.
#[tokio::test]
async fn every_statement_uses_an_index() {
    let made = std::sync::Mutex::new(Vec::new());
    let database = async || {
        let database = TestDatabase::sqlite().unwrap();
        made.lock().unwrap().push(database.clone());
        let open: crate::testing::Open = Arc::new(move || {
            let database = database.clone();
            Box::pin(async move { Arc::new(database.open().await.unwrap()) as _ })
        });
        open
    };
    crate::testing::store_suite(database).await;
    let databases = made.into_inner().unwrap();
    let store = databases[0].open().await.unwrap();
    let mut connection = store.read().await.unwrap();
    let mut scans = Vec::new();
    let seen = super::statement::seen();
    assert!(seen.len() > 60, "{}", seen.len());
    for text in seen {
        let word = text.trim_start().split(' ').next().unwrap_or_default();
        if !matches!(word, "select" | "update" | "delete" | "with") || text.contains("pg_") {
            continue;
        }
        let plan = sql(format!("explain query plan {text}"));
        let steps: Vec<Step> = plan.all(&mut connection).await.unwrap();
        let is_scan = |step: &Step| step.0.starts_with("SCAN ") && !step.0.contains(" USING ");
        let found = steps.into_iter().filter(is_scan).map(|step| step.0);
        scans.extend(found.map(|step| format!("{step}: {text}")));
    }
    // A look at each project, and at a subquery's rows or the pragmas' own.
    scans.retain(|it| {
        !["SCAN p:", "SCAN a:", "SCAN CONSTANT ROW:"]
            .iter()
            .any(|ok| it.starts_with(ok))
    });
    assert!(scans.is_empty(), "{scans:#?}");
    for database in databases {
        database.remove().await.unwrap();
    }
}

/// A step of how SQLite does something.
struct Step(String);

impl super::row::FromRow for Step {
    fn from_row(row: &sqlx::any::AnyRow) -> Result<Self, Error> {
        super::row::Columns::text(row, "detail").map(Self)
    }
}

#[tokio::test]
async fn a_path_is_taken_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%20c?d#e ä.db");
    let store = SqlStore::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    create(&store, "here").await.unwrap();
    store.close().await;
    assert!(path.exists());
    let refused = store.ping().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
}

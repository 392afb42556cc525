//! Databases of every older version, with what was in them, brought to what this one needs.
//!
//! `tests/fixtures/migrations/` has what each migration makes room for, named as the migration: statements that
//! store it, and what the store says of it afterwards. A migration without such files is tested with what those
//! before it have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use attractor_server::store::SqlStore;
use attractor_server::testing::TestDatabase;
use futures::future::join_all;
use serde_json::Value;

use super::contents::{all, check_use};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/migrations")
}

/// Statements as the database takes them: PostgreSQL writes bytes in its own way.
fn in_the_words_of(database: &TestDatabase, statements: &str) -> String {
    match database.url().starts_with("sqlite") {
        true => statements.to_owned(),
        false => statements.replace(" x'", " '\\x").replace("(x'", "('\\x"),
    }
}

/// Stores what a migration has made room for, and adds what is expected of it.
async fn fill(database: &TestDatabase, name: &str, expected: &mut BTreeMap<String, Value>) {
    let path = |kind: &str| fixtures().join(format!("{name}.{kind}"));
    let Ok(statements) = std::fs::read_to_string(path("sql")) else {
        return;
    };
    let statements = in_the_words_of(database, &statements);
    database.execute(&statements).await.unwrap();
    let more = std::fs::read(path("json")).unwrap();
    let more: BTreeMap<String, Value> = serde_json::from_slice(&more).unwrap();
    for (what, value) in more {
        add(expected.entry(what).or_default(), value);
    }
}

fn add(to: &mut Value, more: Value) {
    match (to, more) {
        (Value::Object(to), Value::Object(more)) => to.extend(more),
        (to, more) => *to = more,
    }
}

/// Whether all that is expected is there; newer versions may know more.
fn has(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|it| has(it, value))),
        _ => found == expected,
    }
}

/// Opens it as servers do that start at the same time.
async fn open_at_once(database: &TestDatabase) -> SqlStore {
    let opened = join_all((0..4).map(|_| database.open())).await;
    let mut stores = opened.into_iter().map(Result::unwrap);
    stores.next().unwrap()
}

/// Makes a database of each version, the present one among them, and migrates it.
async fn check<F: Future<Output = TestDatabase>>(make: impl Fn() -> F) {
    let names = TestDatabase::migrations();
    for count in 1..=names.len() {
        let database = make().await;
        let mut expected = BTreeMap::new();
        for (done, name) in names[..count].iter().enumerate() {
            database.migrate(done + 1).await.unwrap();
            fill(&database, name, &mut expected).await;
        }
        let store = open_at_once(&database).await;
        let found = all(&store).await;
        let from = names[count - 1];
        for (what, value) in &expected {
            let found = found.get(what).unwrap_or(&Value::Null);
            assert!(has(found, value), "{from}: {what}\n{found:#}\n{value:#}");
        }
        let keys = |of: &BTreeMap<String, Value>| of.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&found), keys(&expected), "{from}");
        check_use(&store).await;
        database.remove().await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_is_migrated_from_every_older_version() {
    check(async || TestDatabase::sqlite().unwrap()).await;
}

#[tokio::test]
async fn postgresql_is_migrated_from_every_older_version() {
    let Some(server) = crate::services::postgres() else {
        return;
    };
    check(async || TestDatabase::postgres(&server).await.unwrap()).await;
}

#[test]
fn every_fixture_is_of_a_migration() {
    let names = TestDatabase::migrations();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(names.contains(&name), "{}", path.display());
    }
}

/// What a program leaves that has a migration more, and says which migrations one must know to use its tables.
async fn migrate_beyond(database: &TestDatabase, required: i64) {
    let statements = format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (9999, 'future', true, x'00', 1);
         insert into settings (name, value, updated_at) values ('database.required_migration', '{required}', 1)"
    );
    let statements = in_the_words_of(database, &statements);
    database.execute(&statements).await.unwrap();
}

/// What a newer program has changed is used, or refused, as that program says.
async fn check_newer<F: Future<Output = TestDatabase>>(make: impl Fn() -> F) {
    let last = TestDatabase::migrations().len();
    for (required, is_refused) in [(1, false), (last, false), (last + 1, true), (9999, true)] {
        let database = make().await;
        database.open().await.unwrap();
        migrate_beyond(&database, i64::try_from(required).unwrap()).await;
        match (is_refused, database.open().await) {
            (false, opened) => drop(opened.unwrap()),
            (true, opened) => {
                let refused = opened.unwrap_err();
                assert_eq!(refused.code(), "newer_database");
                let text = refused.to_string();
                assert!(text.contains("it has migration 9999"), "{text}");
                assert!(text.contains(&format!("up to {last}")), "{text}");
            }
        }
        database.remove().await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_that_a_newer_version_has_changed_is_refused_if_it_cannot_be_used() {
    check_newer(async || TestDatabase::sqlite().unwrap()).await;
}

#[tokio::test]
async fn postgresql_that_a_newer_version_has_changed_is_refused_if_it_cannot_be_used() {
    let Some(server) = crate::services::postgres() else {
        return;
    };
    check_newer(async || TestDatabase::postgres(&server).await.unwrap()).await;
}

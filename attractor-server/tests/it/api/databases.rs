//! The databases that these tests run on.

use super::harness::TestServer;

/// All tests of this module run on SQLite, and on PostgreSQL where `ATTRACTOR_TEST_POSTGRES_URL` names
/// one: `.ci/run` does both.
#[tokio::test]
async fn the_suite_runs_on_postgresql_where_there_is_one() {
    let server = TestServer::start().await;
    let is_postgres = server.database.starts_with("postgres");
    assert_eq!(is_postgres, crate::services::postgres().is_some());
    server.get("/api/projects").await.is(200);
}

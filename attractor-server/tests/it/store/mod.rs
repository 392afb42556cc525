//! The store, and the bus and the queue between servers, on each of their databases.

mod bus;
mod contents;
mod migrations;
mod queue;
mod suites;

use std::future::Future;

use attractor_server::store::{PostgresBus, PostgresLink, PostgresQueue};
use attractor_server::testing::TestDatabase;
use tokio_util::sync::CancellationToken;

/// The bus and the queue of a server.
type Server = (PostgresBus, PostgresQueue);

/// Runs a test with two servers on one PostgreSQL, if there is one.
async fn with_two_servers<F: Future<Output = ()>>(test: impl FnOnce(Server, Server) -> F) {
    let Some(server) = crate::services::postgres() else {
        return;
    };
    let database = TestDatabase::postgres(&server).await.unwrap();
    drop(database.open().await.unwrap());
    let (link, bus, queue) = PostgresLink::connect(database.url()).await.unwrap();
    let one = (bus, queue);
    let (other_link, bus, queue) = PostgresLink::connect(database.url()).await.unwrap();
    let shutdown = CancellationToken::new();
    let test = async {
        test(one, (bus, queue)).await;
        shutdown.cancel();
    };
    let links = (link.run(shutdown.clone()), other_link.run(shutdown.clone()));
    tokio::join!(links.0, links.1, test);
    database.remove().await.unwrap();
}

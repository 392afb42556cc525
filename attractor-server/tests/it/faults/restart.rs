//! A PostgreSQL that is stopped and started again while runs are under way.

use attractor_server::testing::TestDatabase;
use futures::future::join_all;
use tokio::time::timeout;

use super::kill::{all_end_well, stopped_at_each_step};
use super::world::World;
use crate::harness::Bench;
use crate::http::client::Events;
use crate::plant::PATIENCE;
use crate::services::{Postgres, Stop};

/// Asks until the answer has this status.
async fn until_status(world: &World, path: &str, status: u16) {
    let asked = async { while world.server.call("GET", path, None).await.status != status {} };
    let answered = timeout(PATIENCE, asked).await;
    answered.unwrap_or_else(|_| panic!("{}", world.said()));
}

/// What is left of a stream: each event that there is, once and in order.
async fn read_to_the_end(events: Events) {
    let events = timeout(PATIENCE, events.rest()).await.unwrap();
    assert_eq!(events.last().unwrap().event, "end");
    let ids: Vec<u64> = events.iter().filter_map(|it| it.id).collect();
    assert!(ids.iter().copied().eq(1..=ids.len() as u64), "{ids:?}");
}

/// Five runs, each at another step, go on while the database is away for longer than they have leases.
async fn check(how: Stop) {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let database = TestDatabase::postgres(postgres.url()).await.unwrap();
    let arguments = ["--database-url", database.url()];
    let mut world = World::with(Bench::new(), &arguments).await;
    let reached = stopped_at_each_step(&mut world).await;
    let watched = reached.iter().map(|one| world.server.events(&one.run));
    let watched = join_all(watched).await;
    postgres.stop(how);
    for one in &reached {
        world.steps.go_on(one);
    }
    // It's told so after twelve seconds, in which the database is awaited.
    let path = format!("/api/runs/{}", reached[0].run);
    until_status(&world, &path, 503).await;
    postgres.start_again();
    until_status(&world, &path, 200).await;
    all_end_well(&world, &reached, 1).await;
    join_all(watched.into_iter().map(read_to_the_end)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_restarted_costs_no_run_anything() {
    check(Stop::Orderly).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_crashes_and_comes_back_costs_no_run_anything() {
    check(Stop::Crash).await;
}

//! A runner that is there and says nothing.

use std::time::Instant;

use rustix::process::Signal;

use super::world::{World, count};
use crate::process::{is_alive, kill};

#[tokio::test]
async fn a_runner_without_heartbeats_is_ended_and_followed_by_another() {
    let mut world = World::new().await;
    let reached = world.in_a_node().await;
    let id = &reached.run;
    let runner = world.server.runner(id, 1);
    let began = Instant::now();
    kill(runner, Signal::STOP);
    world.until(id, "RunRunnerLost").await;
    println!("noticed after {:?}", began.elapsed());
    assert!(!is_alive(runner) && !is_alive(reached.pid));
    let (run, events) = world.success_of(id).await;
    assert!(run["attempt"].as_u64() >= Some(2));
    let firsts = count(&events, "EngineNodeCompleted", Some("first"));
    assert_eq!(firsts, 1);
}

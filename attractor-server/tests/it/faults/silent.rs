//! A runner that is there and says nothing.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::json;
use tokio::time::timeout;

use super::steps::{is_alive, kill};
use super::world::{PATIENCE, World, count};

#[tokio::test]
async fn a_runner_without_heartbeats_is_ended_and_followed_by_another() {
    let mut world = World::new(&[]).await;
    let at = world.steps.command("mid-node");
    let pipeline = format!(
        r#"digraph slow {{
            start [shape=Mdiamond]; done [shape=Msquare]
            first [shape=parallelogram, tool_command="echo first >>.attractor/out/x"]
            wait [shape=parallelogram, tool_command="{at} echo second >>.attractor/out/x"]
            start -> first -> wait -> done
        }}"#
    );
    let attractor = world.attractor("slow", &pipeline).await;
    world.steps.stop_at("mid-node");
    let id = world.begin(&attractor, json!({})).await;
    let reached = timeout(PATIENCE, world.steps.next()).await.unwrap();
    let runner = world.server().runner(&id, 1);
    let began = Instant::now();
    kill(runner, Signal::STOP);
    world.until(&id, "RunRunnerLost").await;
    println!("noticed after {:?}", began.elapsed());
    assert!(!is_alive(runner) && !is_alive(reached.pid));
    let (run, events) = world.success_of(&id).await;
    assert_eq!(run["attempt"], 2);
    let firsts = count(&events, "EngineNodeCompleted", Some("first"));
    assert_eq!(firsts, 1);
}

//! What cancelling ends, and what it prevents.

use std::time::Instant;

use serde_json::json;
use tokio::time::timeout;

use super::steps::is_alive;
use super::world::{PATIENCE, World, git, said};

async fn cancel(world: &World, id: &str) {
    let path = format!("/api/runs/{id}/cancel");
    let cancelled = world.server().call("POST", &path, None).await.is(200);
    assert_eq!(cancelled.json()["status"], "CANCELED");
}

async fn gone(world: &World, pid: i32) {
    let gone = timeout(PATIENCE, async {
        while is_alive(pid) {
            tokio::task::yield_now().await;
        }
    });
    gone.await
        .unwrap_or_else(|_| panic!("{}", said(&world.bench)));
}

#[tokio::test]
async fn a_cancelled_runs_processes_are_ended_though_they_dont_want_to() {
    let mut world = World::new(&[]).await;
    let at = world.steps.command("mid-node");
    let pipeline = format!(
        r#"digraph slow {{
            start [shape=Mdiamond]; done [shape=Msquare]
            wait [shape=parallelogram, tool_command="trap '' TERM INT HUP; {at} true"]
            start -> wait -> done
        }}"#
    );
    let attractor = world.attractor("stubborn", &pipeline).await;
    world.steps.stop_at("mid-node");
    let id = world.begin(&attractor, json!({})).await;
    let reached = timeout(PATIENCE, world.steps.next()).await.unwrap();
    let runner = world.server().runner(&id, 1);
    let began = Instant::now();
    cancel(&world, &id).await;
    gone(&world, reached.pid).await;
    gone(&world, runner).await;
    println!("ended {:?} after the request", began.elapsed());
    let (run, events) = world.end_of(&id).await;
    assert_eq!(run["status"], "CANCELED");
    assert_eq!(events.last().unwrap().data["type"], "RunCanceled");
}

#[tokio::test]
async fn a_cancelled_run_pushes_nothing_though_it_was_about_to() {
    let mut world = World::new(&[]).await;
    let bundle = world.bundle().await;
    let pipeline = r#"digraph work {
        start [shape=Mdiamond]; done [shape=Msquare]
        edit [shape=parallelogram, tool_command="echo line >>work.txt"]
        start -> edit -> done
    }"#;
    let attractor = world.attractor("work", pipeline).await;
    world.steps.stop_at("before-push");
    let more = json!({"runType": "implementation", "specBundleId": bundle});
    let id = world.begin(&attractor, more).await;
    let reached = timeout(PATIENCE, world.steps.next()).await.unwrap();
    cancel(&world, &id).await;
    gone(&world, reached.pid).await;
    gone(&world, world.server().runner(&id, 1)).await;
    let (run, _) = world.end_of(&id).await;
    assert_eq!(run["status"], "CANCELED");
    assert_eq!(world.steps.calls("push", &id), 0);
    assert_eq!(
        git(&world.origin(), &["branch", "--format=%(refname:short)"]),
        "main"
    );
}

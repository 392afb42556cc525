//! What cancelling ends, and what it prevents.

use std::time::Instant;

use super::world::World;
use crate::plant::WORK;
use crate::process::gone;
use crate::repository::git;

async fn cancel(world: &World, id: &str) {
    let path = format!("/api/runs/{id}/cancel");
    let cancelled = world.server.act(&path).await.is(200);
    assert_eq!(cancelled.json()["status"], "CANCELED");
}

#[tokio::test]
async fn a_cancelled_runs_processes_are_ended_though_they_dont_want_to() {
    let mut world = World::new().await;
    let at = world.steps.command("mid-node");
    let pipeline = format!(
        r#"digraph slow {{
            start [shape=Mdiamond]; done [shape=Msquare]
            wait [shape=parallelogram, tool_command="trap '' TERM INT HUP; {at} true"]
            start -> wait -> done
        }}"#
    );
    world.steps.stop_at("mid-node");
    let id = world.task(&pipeline).await;
    let reached = world.next().await;
    let runner = world.server.runner(&id, 1);
    let began = Instant::now();
    cancel(&world, &id).await;
    gone(reached.pid).await;
    gone(runner).await;
    println!("ended {:?} after the request", began.elapsed());
    let (run, events) = world.end_of(&id).await;
    assert_eq!(run["status"], "CANCELED");
    assert_eq!(events.last().unwrap().data["type"], "RunCanceled");
}

#[tokio::test]
async fn a_cancelled_run_pushes_nothing_though_it_was_about_to() {
    let mut world = World::new().await;
    let reached = world.at_steps(WORK, &["before-push"]).await.remove(0);
    let runner = world.server.runner(&reached.run, 1);
    cancel(&world, &reached.run).await;
    gone(reached.pid).await;
    gone(runner).await;
    let (run, _) = world.end_of(&reached.run).await;
    assert_eq!(run["status"], "CANCELED");
    assert_eq!(world.steps.calls("push", &reached.run), 0);
    assert_eq!(
        git(&world.origin(), &["branch", "--format=%(refname:short)"]),
        "main"
    );
}

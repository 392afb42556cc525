//! What cancelling ends, and what it prevents.

use std::time::Instant;

use super::world::World;
use crate::plant::WORK;
use crate::process::is_alive;
use crate::repository::git;

async fn cancel(world: &World, id: &str) {
    let path = format!("/api/runs/{id}/cancel");
    let told = world.server.act(&path).await;
    match told.status {
        200 => assert_eq!(told.json()["status"], "CANCELED"),
        // The machine is busy: it's told by the run's last event.
        _ => drop(told.is(202)),
    }
    let (run, events) = world.end_of(id).await;
    assert_eq!(run["status"], "CANCELED");
    assert_eq!(events.last().unwrap().data["type"], "RunCanceled");
}

/// Who is told that a run is cancelled finds nothing of it.
#[track_caller]
fn gone(world: &World, pid: i32) {
    assert!(!is_alive(pid), "{}", world.said());
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
    gone(&world, reached.pid);
    gone(&world, runner);
    println!("ended {:?} after the request", began.elapsed());
}

#[tokio::test]
async fn a_cancelled_run_pushes_nothing_though_it_was_about_to() {
    let mut world = World::new().await;
    let reached = world.at_steps(WORK, &["before-push"]).await.remove(0);
    let runner = world.server.runner(&reached.run, 1);
    cancel(&world, &reached.run).await;
    gone(&world, reached.pid);
    gone(&world, runner);
    assert_eq!(world.steps.calls("push", &reached.run), 0);
    assert_eq!(
        git(&world.origin(), &["branch", "--format=%(refname:short)"]),
        "main"
    );
}

#[tokio::test]
async fn a_push_that_is_under_way_when_its_run_is_cancelled_doesnt_land() {
    let mut world = World::new().await;
    let hook = world.origin().join(".git/hooks/pre-receive");
    let at = world.steps.command("mid-push");
    let script = format!("#!/bin/sh\ntrap '' TERM INT HUP PIPE\n{at} exit 0\n");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(hook, mode).unwrap();
    let reached = world.at_steps(WORK, &["mid-push"]).await.remove(0);
    let runner = world.server.runner(&reached.run, 1);
    cancel(&world, &reached.run).await;
    // The repository's own hook is part of the push where the remote is a directory.
    gone(&world, reached.pid);
    gone(&world, runner);
    assert_eq!(world.steps.calls("push", &reached.run), 0);
    let branches = ["branch", "--format=%(refname:short)"];
    assert_eq!(git(&world.origin(), &branches), "main");
}

#[tokio::test]
async fn a_stage_that_pushes_behind_its_runs_back_is_ended_before_it_is_told() {
    let mut world = World::new().await;
    let at = world.steps.command("behind");
    let pipeline = format!(
        r#"digraph work {{
            start [shape=Mdiamond]; done [shape=Msquare]
            leave [shape=parallelogram, tool_command="setsid sh -c 'trap \"\" TERM INT HUP; {at} git push origin HEAD:refs/heads/behind' >/dev/null 2>&1 &"]
            wait [shape=parallelogram, tool_command="sleep 600"]
            start -> leave -> wait -> done
        }}"#
    );
    world.steps.stop_at("behind");
    let id = world.task(&pipeline).await;
    let reached = world.next().await;
    cancel(&world, &id).await;
    gone(&world, reached.pid);
    let branches = ["branch", "--format=%(refname:short)"];
    assert_eq!(git(&world.origin(), &branches), "main");
}

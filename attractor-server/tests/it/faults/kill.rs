//! kill -9 of the server, of runners, of both: five runs of one server, each at another step.

use rustix::process::Signal;

use super::steps::Reached;
use super::world::{World, count};
use crate::process::{is_alive, kill};
use crate::repository::git;

/// Claimed, cloning, in the middle of a node, right before the push, and after it.
const STEPS: [&str; 5] = [
    "before-clone",
    "after-clone",
    "mid-node",
    "before-push",
    "after-push",
];

/// A server with a run at each step.
async fn at_each_step() -> (World, Vec<Reached>) {
    let mut world = World::new().await;
    let reached = stopped_at_each_step(&mut world).await;
    (world, reached)
}

/// Begins a run for each step, which stops there.
pub(super) async fn stopped_at_each_step(world: &mut World) -> Vec<Reached> {
    let pipeline = work(world);
    world.at_steps(&pipeline, &STEPS).await
}

fn work(world: &World) -> String {
    let at = world.steps.command("mid-node");
    format!(
        r#"digraph work {{
            start [shape=Mdiamond]; done [shape=Msquare]
            edit [shape=parallelogram, tool_command="{at} echo line >>work.txt"]
            note [shape=parallelogram, tool_command="echo '# Done' >.attractor/out/implementation-note.md"]
            start -> edit -> note -> done
        }}"#
    )
}

/// Each run comes to its end with this attempt, and everything in it was done once. On a machine that gives a
/// runner no time for as long as a lease lasts, it's a later attempt.
pub(super) async fn all_end_well(world: &World, reached: &[Reached], attempt: u64) {
    for Reached { step, run: id, .. } in reached {
        let (run, events) = world.success_of(id).await;
        let ended = run["attempt"].as_u64().unwrap();
        let is_later = ended > attempt && count(&events, "RunRunnerLost", None) > 0;
        assert!(ended == attempt || is_later, "{step}: attempt {ended}");
        for once in ["RunQueued", "RunStarted", "EngineRunStarted"] {
            assert_eq!(count(&events, once, None), 1, "{step}: {once}");
        }
        for node in ["start", "edit", "note", "done"] {
            let ends = count(&events, "EngineNodeCompleted", Some(node));
            assert_eq!(ends, 1, "{step}: {node}");
        }
        assert_eq!(world.steps.calls("push", id), 1, "{step}");
        let branch = run["targetBranch"].as_str().unwrap();
        let file = git(&world.origin(), &["show", &format!("{branch}:work.txt")]);
        assert_eq!(file, "line", "{step}");
    }
}

/// What a killed runner has left running is ended before another begins.
fn nothing_is_left(reached: &[Reached]) {
    for Reached { step, pid, .. } in reached {
        assert!(!is_alive(*pid), "{step}");
    }
}

#[tokio::test]
async fn runs_go_on_while_their_server_is_killed_and_started_again() {
    let (mut world, reached) = at_each_step().await;
    world.restart();
    for one in &reached {
        world.steps.go_on(one);
    }
    all_end_well(&world, &reached, 1).await;
}

#[tokio::test]
async fn a_killed_runner_is_followed_by_another_that_does_nothing_twice() {
    let (world, reached) = at_each_step().await;
    for one in &reached {
        kill(world.server.runner(&one.run, 1), Signal::KILL);
    }
    all_end_well(&world, &reached, 2).await;
    nothing_is_left(&reached);
}

#[tokio::test]
async fn server_and_runners_killed_at_once_are_no_loss() {
    let (mut world, reached) = at_each_step().await;
    let runners = reached.iter().map(|one| world.server.runner(&one.run, 1));
    let runners: Vec<_> = runners.collect();
    world.server.kill();
    for runner in runners {
        kill(runner, Signal::KILL);
    }
    world.server.start_again();
    all_end_well(&world, &reached, 2).await;
    nothing_is_left(&reached);
}

#[tokio::test]
async fn a_server_killed_again_and_again_loses_nothing() {
    let mut world = World::new().await;
    let reached = world.in_a_node().await;
    for _ in 0..5 {
        world.restart();
    }
    world.steps.go_on(&reached);
    let (run, _) = world.success_of(&reached.run).await;
    assert_eq!(run["attempt"], 1);
}

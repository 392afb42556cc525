//! A server that is killed in the midst of a run.

use rustix::process::Signal;
use serde_json::json;

use crate::plant::{Plant, SLOW, kinds};
use crate::process::kill;

#[tokio::test]
async fn a_run_goes_on_without_its_server_and_with_the_next() {
    let mut plant = Plant::start(&[]).await;
    let run = plant.task(SLOW).await;
    plant.waiting(&run).await;
    plant.restart();
    plant.go(&run);
    let (ended, events) = plant.success_of(&run).await;
    assert_eq!(ended["attempt"], 1, "{events:?}");
    assert_eq!(plant.artifact(&run, "report.md").await, "first\nlast\n");
}

#[tokio::test]
async fn a_run_whose_server_and_runner_are_killed_is_done_once() {
    let mut plant = Plant::start(&[]).await;
    let run = plant.task(SLOW).await;
    plant.waiting(&run).await;
    let runner = plant.server.runner(&run, 1);
    plant.server.kill();
    kill(runner, Signal::KILL);
    plant.go(&run);
    plant.server.start_again();
    let (ended, events) = plant.success_of(&run).await;
    assert!(ended["attempt"].as_u64() >= Some(2), "{events:?}");
    assert!(kinds(&events).contains(&"RunRunnerLost"), "{events:?}");
    assert_eq!(plant.artifact(&run, "report.md").await, "first\nlast\n");
}

#[tokio::test]
async fn a_run_that_waits_is_begun_by_the_next_server() {
    let mut plant = Plant::start(&["--max-runs", "1"]).await;
    let busy = plant.task(SLOW).await;
    plant.waiting(&busy).await;
    let more = json!({"targetBranch": "attractor/other"});
    let waits = plant.task_with(&format!("{SLOW} "), more).await;
    plant.restart();
    plant.go(&busy);
    plant.success_of(&busy).await;
    plant.waiting(&waits).await;
    plant.go(&waits);
    plant.success_of(&waits).await;
}

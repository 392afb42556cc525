//! A server that is killed in the midst of a run.

use serde_json::json;

use super::plant::{Plant, SLOW};

#[tokio::test]
async fn a_run_goes_on_without_its_server_and_with_the_next() {
    let mut plant = Plant::start(&[]).await;
    let run = plant.begin("task", SLOW, json!({})).await;
    plant.waiting(&run).await;
    plant.restart(&[]);
    plant.go(&run);
    let (ended, kinds) = plant.success_of(&run).await;
    assert_eq!(ended["attempt"], 1, "{kinds:?}");
    assert_eq!(plant.artifact(&run, "report.md").await, "first\nlast\n");
}

#[tokio::test]
async fn a_run_whose_server_and_runner_are_killed_is_done_once() {
    let mut plant = Plant::start(&[]).await;
    let run = plant.begin("task", SLOW, json!({})).await;
    plant.waiting(&run).await;
    plant.server.kill();
    plant.kill_runners();
    plant.go(&run);
    plant.restart(&[]);
    let (ended, kinds) = plant.success_of(&run).await;
    assert_eq!(ended["attempt"], 2, "{kinds:?}");
    assert!(kinds.contains(&"RunRunnerLost".to_owned()), "{kinds:?}");
    assert_eq!(plant.artifact(&run, "report.md").await, "first\nlast\n");
}

#[tokio::test]
async fn a_run_that_waits_is_begun_by_the_next_server() {
    let mut plant = Plant::start(&["--max-runs", "1"]).await;
    let busy = plant.begin("task", SLOW, json!({})).await;
    plant.waiting(&busy).await;
    let more = json!({"targetBranch": "attractor/other"});
    let waits = plant.begin("task", &format!("{SLOW} "), more).await;
    plant.restart(&["--max-runs", "1"]);
    plant.go(&busy);
    plant.success_of(&busy).await;
    plant.waiting(&waits).await;
    plant.go(&waits);
    plant.success_of(&waits).await;
}

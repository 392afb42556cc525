use super::desk::{Desk, GATE};
use crate::plant::TASK;

#[tokio::test]
async fn a_run_is_cancelled_and_deleted() {
    let desk = Desk::start().await;
    let run = desk.begin("gate", GATE);
    desk.types(&["runs", "delete", &run, "--yes"])
        .exits(2)
        .says(&["attractor runs show"]);
    assert_eq!(
        desk.prints(&["runs", "cancel", &run]),
        format!("{run}  CANCELED\n")
    );
    desk.types(&["runs", "cancel", &run]).exits(2);
    desk.types(&["runs", "delete", &run])
        .exits(2)
        .says(&["--yes"]);
    assert_eq!(
        desk.json(&["runs", "delete", &run, "--yes"])["deleted"],
        true
    );
    desk.types(&["runs", "show", &run]).exits(2);
}

#[tokio::test]
async fn a_run_is_repeated_from_a_node_on() {
    let desk = Desk::start().await;
    let run = desk.begin("task", TASK);
    desk.types(&["runs", "watch", &run]).exits(0);
    let again = desk
        .types(&["runs", "rerun", &run, "--node", "look", "--watch"])
        .exits(0);
    let id = again.stdout.split_whitespace().nth(1).unwrap();
    assert_eq!(desk.json(&["runs", "show", id])["rerunOf"], run.as_str());
    desk.types(&["runs", "rerun", &run, "--node", "nowhere"])
        .exits(2)
        .says(&["nowhere"]);
}

#[tokio::test]
async fn a_key_makes_one_run_and_an_implementation_needs_a_branch() {
    let desk = Desk::start().await;
    desk.push("task", TASK);
    let start = ["runs", "start", "task", "--idempotency-key", "once"];
    assert_eq!(desk.prints(&start), desk.prints(&start));
    let implementation = ["runs", "start", "task", "--type", "implementation"];
    desk.types(&implementation).exits(2).says(&["--to BRANCH"]);
    let with_branch = [&implementation[..], &["--to", "x", "--bundle", "latest"]].concat();
    desk.types(&with_branch)
        .exits(2)
        .says(&["the project has no bundle"]);
}

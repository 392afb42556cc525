use serde_json::json;

use super::desk::{Desk, stable};
use crate::plant::TASK;

/// The id of a run that has succeeded.
fn done(desk: &Desk) -> String {
    let run = desk.begin("task", TASK);
    desk.types(&["runs", "watch", &run]).exits(0);
    run
}

#[tokio::test]
async fn a_run_is_listed_and_shown() {
    let desk = Desk::start().await;
    let run = done(&desk);
    let list = desk.prints(&["runs", "list", "--status", "succeeded", "--type", "task"]);
    let shown = desk.prints(&["runs", "show", &run]);
    insta::assert_snapshot!(stable(&desk, &format!("{list}\n{shown}")), @r#"
    [id]  SUCCEEDED  task  attractor/task  $0.0000  [moment]

    id            [id]
    status        SUCCEEDED
    error         -
    type          task
    attractor     [id]
    version       1
    from          main
    to            attractor/task
    bundle        -
    model         anthropic/claude-sonnet-4-5
    cost          $0.0000
    attempt       1
    repeats       -
    pull request  -
    created       [moment]
    started       [moment]
    finished      [moment]
    "#);
    assert_eq!(
        desk.json(&["runs", "list", "-p", "Plant"])["runs"][0]["id"],
        json!(run)
    );
    assert_eq!(desk.prints(&["runs", "list", "--status", "RUNNING"]), "");
    desk.types(&["runs", "list", "--status", "DONE"])
        .exits(2)
        .says(&["no status of a run"]);
}

#[tokio::test]
async fn what_a_run_leaves_is_listed_and_downloaded() {
    let desk = Desk::start().await;
    let run = done(&desk);
    let list = desk.prints(&["runs", "artifacts", &run]);
    assert!(
        list.lines().any(|line| line.starts_with("report.md ")),
        "{list}"
    );
    let here = desk.plant.bench.work();
    desk.types(&["runs", "download", &run, "report.md"])
        .exits(0)
        .says(&["report.md (5 bytes)"]);
    assert_eq!(
        std::fs::read_to_string(here.join("report.md")).unwrap(),
        "fine\n"
    );
    desk.types(&["runs", "download", &run, "report.md"])
        .exits(2)
        .says(&["is there already", "--overwrite"]);
    desk.types(&["runs", "download", &run, "report.md", "--overwrite"])
        .exits(0);
    assert_eq!(
        desk.prints(&["runs", "download", &run, "report.md", "-o", "-"]),
        "fine\n"
    );
    let all = desk.json(&["runs", "download", &run, "--all", "-o", "all"]);
    let count = all["artifacts"].as_array().unwrap().len();
    assert_eq!(count, list.lines().count());
    assert_eq!(
        std::fs::read_to_string(here.join("all/report.md")).unwrap(),
        "fine\n"
    );
    desk.types(&["runs", "download", &run, "plan.md"])
        .exits(2)
        .says(&["the run has no artifact \"plan.md\"", "report.md"]);
}

#[tokio::test]
async fn a_run_is_explained_and_drawn() {
    let desk = Desk::start().await;
    let run = done(&desk);
    let explained = desk.prints(&["runs", "explain", &run, "look"]);
    assert!(
        explained.contains("start → look") && explained.contains("look → done"),
        "{explained}"
    );
    let hops = desk.json(&["runs", "explain", &run, "look"]);
    assert_eq!(hops["hops"].as_array().unwrap().len(), 2);
    assert!(desk.prints(&["runs", "graph", &run]).starts_with("<svg"));
    desk.types(&["runs", "graph", &run, "-o", "run.svg"])
        .exits(0);
    let drawn = desk.plant.bench.work().join("run.svg");
    assert!(std::fs::read_to_string(drawn).unwrap().contains("</svg>"));
}

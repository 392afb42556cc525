//! A run that has failed is resumed: what failed is tried again, and nothing else.

use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::Script;
use attractor_core::{Outcome, ResumeOptions, Run, RunDirectory, RunStatus};

use crate::resume::{engine, straight};
use crate::support::{digraph, files};

#[tokio::test(start_paused = true)]
async fn a_failed_run_goes_on_at_the_stage_that_failed() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph("a [prompt=A]\n b [prompt=B]\n start -> a -> b -> exit");
    let script = Script::new().node("b", [Outcome::fail("no network")]);
    let failed = straight(root.path(), &source, &script).await;
    assert_eq!(failed.status, RunStatus::Fail);

    let (engine, backend) = engine(&Script::new());
    let run = engine.resume(root.path(), ResumeOptions::new()).await;
    let report = run.unwrap().execute().await.unwrap();

    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(backend.prompts().len(), 1, "a isn't executed again");
    let again = engine.resume(root.path(), ResumeOptions::new()).await;
    let report = again.unwrap().execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(backend.prompts().len(), 1, "a run that succeeded is over");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_for_its_way_and_not_for_a_stage_repeats_no_stage() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph("a [prompt=A]\n start -> a\n a -> exit [condition=\"outcome=fail\"]");
    let failed = straight(root.path(), &source, &Script::new()).await;
    assert_eq!(failed.status, RunStatus::Fail);

    let (engine, backend) = engine(&Script::new());
    let run = engine.resume(root.path(), ResumeOptions::new()).await;
    let report = run.unwrap().execute().await.unwrap();

    assert_eq!(
        (report.status, report.reason),
        (failed.status, failed.reason)
    );
    assert_eq!(backend.prompts().len(), 0);
}

/// Leaves a run whose stage `once` has failed.
async fn failed_once(directory: &Path, source: &str) {
    let script = Script::new().node("once", [Outcome::fail("no network")]);
    let failed = straight(directory, source, &script).await;
    assert_eq!(failed.status, RunStatus::Fail);
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_failed_is_tried_again_within_its_visit() {
    for source in [
        digraph("once [prompt=Once, max_visits=1]\n start -> once -> exit"),
        digraph(
            "once [prompt=Once, max_visits=1, goal_gate=true]\n start -> once\n once -> exit [condition=\"outcome=fail\"]\n once -> exit",
        ),
    ] {
        let root = tempfile::tempdir().unwrap();
        failed_once(root.path(), &source).await;
        let (engine, backend) = engine(&Script::new());
        let run = engine.resume(root.path(), ResumeOptions::new()).await;
        let report = run.unwrap().execute().await.unwrap();
        assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
        assert_eq!(backend.executed(), ["once/1/1"]);
        let checkpoint = RunDirectory::open(root.path()).unwrap().checkpoint();
        let visits = checkpoint.unwrap().unwrap().node_visits;
        assert_eq!(visits["once"], 1);
        let kept = files(root.path());
        assert!(kept["once/attempt-1/status.json"].contains("no network"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_ended_the_run_still_stands_after_a_resume() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph("a [prompt=A, max_visits=2]\n start -> a -> a [weight=1]\n a -> exit");
    let failed = straight(root.path(), &source, &Script::new()).await;
    assert!(failed.reason.unwrap().contains("max_visits exceeded"));
    let (engine, backend) = engine(&Script::new());
    let run = engine.resume(root.path(), ResumeOptions::new()).await;
    let report = run.unwrap().execute().await.unwrap();
    assert!(report.reason.unwrap().contains("max_visits exceeded"));
    assert_eq!(backend.executed(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_journal_from_before_visits_were_resumed_still_replays() {
    let root = tempfile::tempdir().unwrap();
    let source = digraph("once [prompt=Once]\n start -> once -> exit");
    failed_once(root.path(), &source).await;
    let (engine, _) = engine(&Script::new());
    let run = engine.resume(root.path(), ResumeOptions::new()).await;
    run.unwrap().execute().await.unwrap();
    let events = root.path().join("events.jsonl");
    let text = std::fs::read_to_string(&events).unwrap();
    let (before, after) = text.split_once("\"event\":\"run_resumed\"").unwrap();
    let after = after
        .replace(",\"same_visit\":true", "")
        .replace("\"visit\":1,", "\"visit\":2,");
    let after = after.replacen(
        "\"node\":\"exit\",\"index\":4,\"visit\":2",
        "\"node\":\"exit\",\"index\":4,\"visit\":1",
        1,
    );
    std::fs::write(&events, format!("{before}\"event\":\"run_resumed\"{after}")).unwrap();
    let graph = Arc::clone(engine.prepare(&source).unwrap().graph());
    let entries = RunDirectory::open(root.path()).unwrap().entries().unwrap();
    let run = Run::replay(graph, &entries).unwrap();
    assert_eq!(run.checkpoint(0, "").node_visits["once"], 2);
}

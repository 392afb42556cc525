//! Pipelines with a script, and the events they lead to.

use std::fs;
use std::path::{Path, PathBuf};

use attractor_core::testing::{Script, run_dot};
use attractor_core::{RunReport, RunStatus};

/// A case of `tests/fixtures/run`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) script: Script,
}

/// All cases, in alphabetic order.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run");
    let mut directories: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    directories.sort();
    directories
        .into_iter()
        .map(|directory| Case {
            name: directory.file_name().unwrap().to_str().unwrap().to_owned(),
            source: fs::read_to_string(directory.join("pipeline.dot")).unwrap(),
            script: Script::from_json(&fs::read_to_string(directory.join("script.json")).unwrap())
                .unwrap(),
        })
        .collect()
}

fn summary(report: &RunReport) -> String {
    let nodes: Vec<&str> = report
        .completed_nodes
        .iter()
        .map(|node| node.as_str())
        .collect();
    let reason = report.reason.as_deref().unwrap_or("-");
    format!("= {:?}, {reason}\n= {}\n", report.status, nodes.join(" "))
}

#[tokio::test(start_paused = true)]
async fn each_case_leads_to_its_events() {
    for case in cases() {
        let (log, report) = run_dot(&case.source, case.script).await.unwrap();
        insta::assert_snapshot!(case.name, format!("{log}{}", summary(&report)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_graph_script_and_seed_give_the_same_journal() {
    for case in cases() {
        let (first, _) = run_dot(&case.source, case.script.clone()).await.unwrap();
        let (second, _) = run_dot(&case.source, case.script).await.unwrap();
        assert_eq!(first, second, "{}", case.name);
    }
}

#[tokio::test]
async fn the_smoke_test_of_the_specification_passes() {
    let source = r#"
        digraph test_pipeline {
            graph [goal="Create a hello world Python script"]
            start [shape=Mdiamond]
            plan [shape=box, prompt="Plan how to create a hello world script for: $goal"]
            implement [shape=box, prompt="Write the code based on the plan", goal_gate=true]
            review [shape=box, prompt="Review the code for correctness"]
            done [shape=Msquare]
            start -> plan
            plan -> implement
            implement -> review [condition="outcome=success"]
            implement -> plan [condition="outcome=fail", label="Retry"]
            review -> done [condition="outcome=success"]
            review -> implement [condition="outcome=fail", label="Fix"]
        }"#;
    let (_, report) = run_dot(source, Script::new()).await.unwrap();
    assert_eq!(report.status, RunStatus::Success);
    assert_eq!(
        report.completed_nodes,
        ["start", "plan", "implement", "review", "done"]
    );
}

//! Tool stages: a command, its output, its limits.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use attractor_core::testing::handler_suite;
use attractor_core::{Handler as _, Outcome, StageContext, StageStatus, ToolHandler};

use crate::support::stage;

fn tool(directory: &Path, attributes: &str, command: &str) -> StageContext {
    let command = command.replace('\\', "\\\\").replace('"', "\\\"");
    let statements = format!(
        "graph [goal=\"the goal\"]\n work [shape=parallelogram, tool_command=\"{command}\"{attributes}]\n start -> work -> exit"
    );
    stage(&statements, "work")
        .with_workdir(directory)
        .with_directories(directory, directory)
}

async fn run(attributes: &str, command: &str) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    ToolHandler::default()
        .execute(&tool(directory.path(), attributes, command))
        .await
        .unwrap()
}

#[tokio::test]
async fn its_output_and_exit_code_go_into_the_context() {
    let outcome = run("", "echo out; echo err >&2").await;
    assert_eq!(outcome.status, StageStatus::Success);
    assert_eq!(outcome.context_updates["tool.output"], "out");
    assert_eq!(outcome.context_updates["tool.exit_code"], 0);
}

#[tokio::test]
async fn a_failure_says_what_the_command_said_last() {
    let outcome = run("", "echo 3 tests; echo 1 failed >&2; exit 7").await;
    assert_eq!(outcome.status, StageStatus::Fail);
    assert_eq!(
        outcome.failure_reason.as_deref(),
        Some("exit code 7\n3 tests\n1 failed")
    );
    assert_eq!(outcome.context_updates["tool.exit_code"], 7);
    assert_eq!(outcome.context_updates["tool.output"], "3 tests");
}

#[tokio::test]
async fn it_finds_its_run_in_the_environment_and_no_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let command = r#"cat; echo "$ATTRACTOR_RUN_ID $ATTRACTOR_NODE_ID $ATTRACTOR_GOAL"; test "$ATTRACTOR_STAGE_DIR" = "$ATTRACTOR_LOGS_ROOT" && test "$PWD" = "$(cd "$ATTRACTOR_STAGE_DIR" && pwd)""#;
    let stage = tool(directory.path(), "", command);
    let outcome = ToolHandler::default().execute(&stage).await.unwrap();
    assert_eq!(outcome.failure_reason, None);
    assert_eq!(outcome.context_updates["tool.output"], "run work the goal");
    assert_eq!(
        fs::read_to_string(directory.path().join("stdout.txt")).unwrap(),
        "run work the goal\n"
    );
}

#[tokio::test]
async fn the_hosts_variables_are_given_whatever_they_are_called() {
    let directory = tempfile::tempdir().unwrap();
    let command = r#"echo "$DEPLOY_TOKEN $ATTRACTOR_NODE_ID""#;
    let stage = tool(directory.path(), "", command);
    let variables = [("DEPLOY_TOKEN", "t0ken"), ("ATTRACTOR_NODE_ID", "other")];
    let handler = ToolHandler::new().variables(variables);
    let outcome = handler.execute(&stage).await.unwrap();
    assert_eq!(outcome.context_updates["tool.output"], "t0ken work");
}

#[tokio::test]
async fn a_status_file_decides_whatever_the_exit_code() {
    let command = r#"echo '{"outcome": "needs_work", "notes": "n"}' > $ATTRACTOR_STAGE_DIR/status.json; exit 1"#;
    let outcome = run("", command).await;
    assert_eq!(
        (outcome.status, outcome.word()),
        (StageStatus::Success, "needs_work")
    );
    assert_eq!(outcome.context_updates["tool.exit_code"], 1);
    let outcome = run("", "echo nonsense > $ATTRACTOR_STAGE_DIR/status.json").await;
    assert_eq!(outcome.status, StageStatus::Fail);
}

#[tokio::test]
async fn a_status_file_that_is_a_link_is_not_followed() {
    let outcome = run("", "ln -s /etc/hostname $ATTRACTOR_STAGE_DIR/status.json").await;
    assert!(
        outcome
            .failure_reason
            .unwrap()
            .contains("not a regular file")
    );
}

#[tokio::test]
async fn long_output_keeps_its_head_and_tail() {
    let outcome = run("", "yes 0123456789abcdef | head -c 5000000; echo; echo END").await;
    let output = outcome.context_updates["tool.output"].as_str().unwrap();
    assert!(output.starts_with("0123456789abcdef\n"));
    assert!(
        output.ends_with("\nEND"),
        "{}",
        &output[output.len() - 40..]
    );
    assert!(output.contains("characters omitted]"));
    assert!(output.len() < 70_000);
}

#[tokio::test]
async fn a_child_that_keeps_the_pipe_does_not_hold_up_the_stage() {
    let began = Instant::now();
    let outcome = run("", "sleep 5 & echo done").await;
    assert_eq!(outcome.context_updates["tool.output"], "done");
    assert!(began.elapsed().as_secs() < 4);
}

#[tokio::test]
async fn when_time_is_up_it_gets_term_first() {
    let began = Instant::now();
    let outcome = run(
        ", timeout=300ms",
        "trap 'echo cleaned up; exit 0' TERM; sleep 60 & wait",
    )
    .await;
    assert_eq!(outcome.status, StageStatus::Fail);
    let reason = outcome.failure_reason.unwrap();
    assert!(reason.starts_with("timed out after 300 ms"), "{reason}");
    assert!(reason.contains("cleaned up"), "{reason}");
    // The whole grace may pass: a child that nobody reaps yet counts as one of the group, and
    // some containers' first process looks for such children only every other second.
    assert!(began.elapsed().as_secs() < 4, "{:?}", began.elapsed());
}

#[tokio::test]
async fn when_term_is_ignored_it_gets_kill() {
    let began = Instant::now();
    let outcome = run(", timeout=100ms", "trap '' TERM; while :; do sleep 1; done").await;
    assert_eq!(outcome.status, StageStatus::Fail);
    assert!(began.elapsed().as_secs() < 4, "{:?}", began.elapsed());
}

#[tokio::test]
async fn it_passes_the_suite_of_handlers() {
    let directory = tempfile::tempdir().unwrap();
    let stage = || tool(directory.path(), "", "echo out");
    handler_suite(Arc::new(ToolHandler::default()), stage).await;
}

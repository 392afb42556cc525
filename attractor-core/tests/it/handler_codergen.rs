//! Model stages: the prompt, the answer, and what counts as success.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::{Script, ScriptedAttempt, ScriptedBackend, handler_suite};
use attractor_core::{CodergenHandler, Handler as _, Outcome, StageContext, StageStatus};

use crate::support::stage;

fn work(directory: &Path, attributes: &str) -> StageContext {
    let statements = format!(
        "graph [goal=\"Ship it\", expand_context=true]\n work [label=\"Work on $goal\"{attributes}]\n start -> work -> exit"
    );
    stage(&statements, "work").with_directories(directory, directory)
}

async fn answer(directory: &Path, attributes: &str, text: &str) -> Outcome {
    let attempt = ScriptedAttempt::from(Outcome::success()).answering(text);
    let backend = ScriptedBackend::new(Script::new().node("work", [attempt]));
    let handler = CodergenHandler::new(Some(Arc::new(backend)));
    handler.execute(&work(directory, attributes)).await.unwrap()
}

#[tokio::test]
async fn without_a_backend_the_stage_is_simulated() {
    let root = tempfile::tempdir().unwrap();
    let stage = work(root.path(), "");
    let outcome = CodergenHandler::default().execute(&stage).await.unwrap();
    assert_eq!(outcome.status, StageStatus::Success);
    let text = "[Simulated] Response for stage: work";
    assert_eq!(outcome.context_updates["last_response"], text);
    assert_eq!(outcome.context_updates["last_stage"], "work");
    assert_eq!(
        fs::read_to_string(root.path().join("response.md")).unwrap(),
        text
    );
    let prompt = fs::read_to_string(root.path().join("prompt.md")).unwrap();
    assert_eq!(prompt, "Goal: Ship it\nRun: run\n\nWork on Ship it");
}

#[tokio::test]
async fn an_empty_answer_is_a_failure_unless_the_node_says_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let outcome = answer(root.path(), "", " \n").await;
    assert_eq!(outcome.status, StageStatus::Fail);
    assert_eq!(
        outcome.failure_reason.as_deref(),
        Some("the model's answer is empty")
    );
    let outcome = answer(root.path(), ", auto_status=true", "").await;
    assert_eq!(outcome.status, StageStatus::Success);
    assert!(
        outcome.notes.starts_with("auto-status"),
        "{}",
        outcome.notes
    );
}

#[tokio::test]
async fn a_status_file_that_the_agent_left_decides() {
    let root = tempfile::tempdir().unwrap();
    let status = r#"{"outcome": "fail", "notes": "two tests fail", "context_updates": {"k": 1}}"#;
    fs::write(root.path().join("status.json"), status).unwrap();
    let outcome = answer(root.path(), "", "All done!").await;
    assert_eq!(outcome.status, StageStatus::Fail);
    assert_eq!(outcome.failure_reason.as_deref(), Some("two tests fail"));
    assert_eq!(outcome.context_updates["k"], 1);
}

#[tokio::test]
async fn a_long_answer_is_cut_by_characters_in_the_context_only() {
    let root = tempfile::tempdir().unwrap();
    let text = "ż".repeat(500);
    let outcome = answer(root.path(), "", &text).await;
    let kept = outcome.context_updates["last_response"].as_str().unwrap();
    assert_eq!(kept.chars().count(), 200);
    assert_eq!(
        fs::read_to_string(root.path().join("response.md")).unwrap(),
        text
    );
}

#[tokio::test]
async fn a_link_in_the_stage_directory_is_not_written_through() {
    let root = tempfile::tempdir().unwrap();
    let outside = root.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    let directory = root.path().join("work");
    fs::create_dir(&directory).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, directory.join("response.md")).unwrap();
    answer(&directory, "", "text").await;
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
}

#[tokio::test]
async fn it_passes_the_suite_of_handlers() {
    let root = tempfile::tempdir().unwrap();
    let stage = || work(root.path(), "");
    handler_suite(Arc::new(CodergenHandler::default()), stage).await;
}

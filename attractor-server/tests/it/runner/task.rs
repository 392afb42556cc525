//! Task runs: artifacts and nothing else.

use super::factory::Factory;
use crate::repository::git;

const TASK: &str = r#"digraph review {
    start [shape=Mdiamond]; done [shape=Msquare]
    look [prompt="Look at it"]
    start -> look -> done
}"#;

#[tokio::test]
async fn its_files_are_artifacts_and_nothing_is_pushed() {
    let factory = Factory::new("task", TASK);
    let tool = TASK.replace(
        "look [prompt=\"Look at it\"]",
        "look [shape=parallelogram, tool_command=\"echo fine >.attractor/out/task-report.md\"]",
    );
    factory.specify("/attractor/content", tool.into());
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(factory.artifact("task-report.md"), "fine\n");
    assert_eq!(
        git(&factory.origin(), &["branch", "--format=%(refname:short)"]),
        "main"
    );
}

#[tokio::test]
async fn a_task_that_leaves_nothing_fails() {
    let factory = Factory::new(
        "task",
        "digraph { start [shape=Mdiamond]; done [shape=Msquare]; start -> done }",
    );
    factory.attempt().await;
    assert!(
        factory.failure().contains("has left nothing"),
        "{}",
        factory.failure()
    );
}

#[tokio::test]
async fn a_pipeline_of_the_repository_is_handed_over_and_one_that_was_given_isnt() {
    let pipeline = TASK.replace("Look at it", "Look");
    let factory = Factory::new("task", &pipeline);
    factory.attempt().await;
    assert_eq!(factory.plane.known().pipeline.as_deref(), Some(&*pipeline));

    let factory = Factory::new("task", &pipeline);
    factory.specify("/attractor/content", TASK.into());
    factory.attempt().await;
    assert_eq!(factory.plane.known().pipeline, None);
}

#[tokio::test]
async fn its_clone_shares_no_file_with_a_repository_on_this_machine() {
    let tool = TASK.replace(
        "look [prompt=\"Look at it\"]",
        "look [shape=parallelogram, tool_command=\"objects=$(git rev-parse --git-common-dir)/objects; \
         find $objects -type f -links +1 >.attractor/out/shared; find $objects -type f >.attractor/out/all\"]",
    );
    let factory = Factory::new("task", &tool);
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(factory.artifact("shared"), "");
    assert!(!factory.artifact("all").is_empty());
}

//! Planning runs: what they must leave, and from where.

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::json;

use super::factory::Factory;
use crate::repository::commit;

const BY_MODEL: &str = r#"digraph plan {
    graph [goal="Plan the work"]
    start [shape=Mdiamond]; done [shape=Msquare]
    plan [prompt="Write the plan"]
    requirements [prompt="Write the requirements"]
    tasks [prompt="Write the tasks"]
    acceptance_tests [prompt="Write the tests"]
    start -> plan -> requirements -> tasks -> acceptance_tests -> done
}"#;

pub(crate) const BY_TOOL: &str = r##"digraph plan {
    start [shape=Mdiamond]; done [shape=Msquare]
    write [shape=parallelogram, tool_command="cd .attractor/out && echo '# Plan' >plan.md && echo '# R' >requirements.md && echo '{\"tasks\": [{\"id\": \"1\", \"title\": \"x\"}]}' >tasks.json"]
    test [shape=parallelogram, tool_command="echo '# Tests' >acceptance-tests.md; mkdir .attractor/out/more; echo x >.attractor/out/more/notes.txt"]
    start -> write -> test -> done
}"##;

async fn model() -> ScriptedServer {
    let says = |asked: &str, text: &str| {
        Turn::text(text)
            .when(Match::any().any_message_contains(asked))
            .repeat()
    };
    let tasks = "Here:\n```json\n{\"tasks\": [{\"id\": \"T1\", \"title\": \"Do it\"}]}\n```";
    let script = Script::new()
        .turn(says("Write the tests", "# Tests"))
        .turn(says("Write the tasks", tasks))
        .turn(says(
            "Write the requirements",
            "# Requirements, without sk-of-the-project",
        ))
        .turn(says("Write the plan", "# Plan"));
    ScriptedServer::start(script).await.unwrap()
}

#[tokio::test]
async fn the_answers_of_four_nodes_become_a_bundle() {
    let model = model().await;
    let factory = Factory::new("planning", BY_MODEL);
    factory.specify(
        "/environment",
        json!({"ANTHROPIC_API_KEY": "sk-of-the-project", "ANTHROPIC_BASE_URL": model.base_url()}),
    );
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(factory.finish()["specBundleId"], "cbundle");
    assert_eq!(factory.artifact("plan.md"), "# Plan");
    let tasks: serde_json::Value = serde_json::from_str(&factory.artifact("tasks.json")).unwrap();
    assert_eq!(tasks["tasks"][0]["id"], "T1");
    let files = factory.plane.known().bundle.clone().unwrap()["files"].clone();
    let names: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].clone())
        .collect();
    assert_eq!(
        names,
        [
            "plan.md",
            "requirements.md",
            "tasks.json",
            "acceptance-tests.md"
        ]
    );
    // The project's key and no other was used, and nothing of the run shows it.
    assert_eq!(
        factory.artifact("requirements.md"),
        "# Requirements, without [secret ANTHROPIC_API_KEY]"
    );
    let events = factory.plane.known().events.clone();
    let live = factory.plane.known().live.clone();
    let told = json!([events, live]);
    let told = told.to_string() + &factory.log();
    assert!(
        told.contains("[secret ANTHROPIC_API_KEY]") && !told.contains("sk-of-the-"),
        "{told}"
    );
    for request in model.requests() {
        assert!(format!("{request:?}").contains("sk-of-the-project"));
    }
    let types = factory.event_types();
    assert_eq!(types.first().unwrap(), "EngineRunStarted");
    assert_eq!(types.last().unwrap(), "EngineRunCompleted");
    assert!(types.iter().any(|it| it == "EngineNodeStarted"));
}

#[tokio::test]
async fn files_of_the_workspace_become_a_bundle_and_others_artifacts() {
    let factory = Factory::new("planning", BY_TOOL);
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    assert_eq!(factory.artifact("acceptance-tests.md"), "# Tests\n");
    assert_eq!(factory.artifact("more/notes.txt"), "x\n");
}

#[tokio::test]
async fn an_output_that_is_missing_empty_or_wrong_fails_the_run_with_its_name() {
    let table = [
        ("echo >acceptance-tests.md", "acceptance-tests.md is empty"),
        ("true", "has no acceptance-tests.md"),
        (
            "echo x >acceptance-tests.md; echo '{}' >.attractor/out/tasks.json",
            "tasks.json isn't a list of tasks",
        ),
    ];
    for (command, reason) in table {
        let pipeline = BY_TOOL.replace("echo '# Tests' >acceptance-tests.md", command);
        let factory = Factory::new("planning", &pipeline);
        assert_eq!(factory.attempt().await, Some(1));
        let failure = factory.failure();
        assert!(failure.contains(reason), "{failure}");
        assert!(factory.plane.known().bundle.is_none());
    }
}

#[tokio::test]
async fn what_the_repository_had_before_is_no_output_of_the_run() {
    let pipeline = BY_TOOL.replace("echo '# Tests' >acceptance-tests.md;", "");
    let factory = Factory::new("planning", &pipeline);
    std::fs::write(
        factory.origin().join("acceptance-tests.md"),
        "# Of another time",
    )
    .unwrap();
    commit(&factory.origin(), "More");
    factory.attempt().await;
    assert!(factory.failure().contains("has no acceptance-tests.md"));
}

#[tokio::test]
async fn a_model_without_a_key_of_the_project_fails_the_run_before_anything_is_paid() {
    let factory = Factory::new("planning", BY_MODEL);
    factory.attempt().await;
    let failure = factory.failure();
    assert!(failure.contains("ANTHROPIC_API_KEY"), "{failure}");
    assert!(factory.plane.known().events.is_empty());
}

#[tokio::test]
async fn only_the_text_that_the_run_was_created_with_is_executed() {
    let factory = Factory::new("planning", BY_TOOL);
    factory.specify("/attractor/content", BY_TOOL.into());
    factory.specify("/attractor/sha256", "0".repeat(64).into());
    factory.attempt().await;
    assert!(
        factory.failure().contains("SHA-256"),
        "{}",
        factory.failure()
    );
}

#[tokio::test]
async fn a_pipelines_path_cant_leave_the_repository() {
    for path in ["../secret.dot", "/etc/passwd", "link.dot", "none.dot"] {
        let factory = Factory::new("planning", BY_TOOL);
        let outside = factory.bench.root().join("secret.dot");
        std::fs::write(&outside, "digraph { secret }").unwrap();
        std::os::unix::fs::symlink(&outside, factory.origin().join("link.dot")).unwrap();
        commit(&factory.origin(), "A link");
        factory.specify("/attractor/repoPath", path.into());
        factory.attempt().await;
        let failure = factory.failure();
        assert!(
            failure.contains("repository") && !failure.contains("digraph"),
            "{failure}"
        );
    }
}

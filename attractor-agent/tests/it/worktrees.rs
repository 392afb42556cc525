//! Agents in the branches of a pipeline in git mode: each in its own working tree.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use attractor_agent::{AgentBackend, SessionConfig};
use attractor_core::{Engine, RunOptions, RunStatus};
use attractor_llm::testing::{Match, Script, ScriptedServer, Turn as Say};
use serde_json::json;

use crate::support::{MODEL, Workspace, client, fast_retry};

const PIPELINE: &str = r#"digraph g {
    start [shape=Mdiamond] exit [shape=Msquare]
    fan [shape=component] join [shape=tripleoctagon]
    red [prompt="Paint it red"] blue [prompt="Paint it blue"]
    start -> fan
    fan -> red -> join
    fan -> blue -> join
    join -> exit [condition="outcome=conflict"]
}"#;

fn git(directory: &Path, arguments: &[&str]) -> String {
    let identity = [
        "-c",
        "user.name=Somebody",
        "-c",
        "user.email=somebody@localhost",
    ];
    let output = Command::new("git")
        .current_dir(directory)
        .args(identity)
        .args(arguments)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the agent of one branch does: it writes its colour, and then reads back what is there.
fn paint(script: Script, colour: &str) -> Script {
    let asked = || Match::any().any_message_contains(format!("Paint it {colour}"));
    let write = json!({ "file_path": "colour", "content": format!("{colour}\n") });
    let read = json!({ "command": "cat colour; pwd > where; test ! -e other && touch other" });
    script
        .turn(Say::tool_call("write_file", write).when(asked().tool_results(0)))
        .turn(Say::tool_call("shell", read).when(asked().tool_results(1)))
        .turn(Say::text("Painted.").when(asked().tool_results(2)))
}

#[tokio::test]
async fn two_branches_write_the_same_file_without_seeing_each_other() {
    let script = paint(paint(Script::new(), "red"), "blue");
    let server = ScriptedServer::start(script).await.unwrap();
    let workspace = Workspace::new();
    git(workspace.path(), &["init", "--quiet"]);
    git(
        workspace.path(),
        &["commit", "--quiet", "--allow-empty", "-m", "first"],
    );
    let backend = AgentBackend::builder(client(&server), workspace.environment.clone())
        .session_config(SessionConfig::new().retry(fast_retry()))
        .default_model(format!("anthropic/{MODEL}"))
        .build();
    let engine = Engine::builder().backend(Arc::new(backend)).build();
    let pipeline = engine.prepare(PIPELINE).unwrap();
    let runs = tempfile::tempdir().unwrap();
    let logs = runs.path().join("run");
    let options = RunOptions::new(&logs)
        .workdir(workspace.path())
        .run_id("r1")
        .git(true);
    let report = engine
        .start(&pipeline, options)
        .await
        .unwrap()
        .execute()
        .await
        .unwrap();

    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert_eq!(server.unmatched(), Vec::<String>::new());
    for colour in ["red", "blue"] {
        let branch = format!("refs/attractor/r1/branch/fan-0-1--{colour}");
        let show = |name: &str| git(workspace.path(), &["show", &format!("{branch}:{name}")]);
        assert_eq!(show("colour"), format!("{colour}\n"));
        // It worked there from beginning to end: nobody else had made `other`.
        assert!(
            show("where")
                .trim()
                .ends_with(&format!("git-worktrees/fan-0-1--{colour}"))
        );
        assert_eq!(show("other"), "");
    }
    let conflict = report.context.get("parallel.conflict.files").unwrap();
    assert_eq!(conflict, &json!(["colour", "where"]));
}

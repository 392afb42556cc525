//! The integration smoke test of attractor-spec 11.13: the whole command against a model over HTTP.

use attractor_core::Graph;
use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::Value;

use crate::harness::{Bench, text};

pub(crate) const PIPELINE: &str = r#"
digraph test_pipeline {
    graph [goal="Create a hello world Python script"]

    start       [shape=Mdiamond]
    plan        [shape=box, prompt="Plan how to create a hello world script for: $goal"]
    implement   [shape=box, prompt="Write the code based on the plan", goal_gate=true]
    review      [shape=box, prompt="Review the code for correctness"]
    done        [shape=Msquare]

    start -> plan
    plan -> implement
    implement -> review [condition="outcome=success"]
    implement -> plan   [condition="outcome=fail", label="Retry"]
    review -> done      [condition="outcome=success"]
    review -> implement [condition="outcome=fail", label="Fix"]
}"#;

pub(crate) fn model() -> Script {
    let code = serde_json::json!({ "file_path": "hello.py", "content": "print('Hello, world')\n" });
    let asks = |words: &str, results| {
        Match::any()
            .any_message_contains(words)
            .tool_results(results)
    };
    Script::new()
        .turn(
            Turn::text("One file, hello.py.")
                .when(asks("Plan how to create", 0))
                .repeat(),
        )
        .turn(
            Turn::tool_call("write_file", code)
                .when(asks("Write the code", 0))
                .repeat(),
        )
        .turn(
            Turn::text("hello.py is written.")
                .when(asks("Write the code", 1))
                .repeat(),
        )
        .turn(
            Turn::text("It is correct.")
                .when(asks("Review the code", 0))
                .repeat(),
        )
}

#[test]
fn the_sample_pipeline_has_its_goal_its_nodes_and_its_edges() {
    let (graph, _) = Graph::parse(PIPELINE).unwrap();
    assert_eq!(graph.attrs().goal, "Create a hello world Python script");
    assert_eq!((graph.nodes().len(), graph.edges().len()), (5, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_pipeline_of_the_specification_runs_over_http() {
    let bench = Bench::new();
    let server = ScriptedServer::start(model()).await.unwrap();
    let file = bench.write("pipeline.dot", PIPELINE);
    let logs = bench.logs();
    let run = ["run", text(&file), "--logs", text(&logs)];

    bench.with_model(&server, &run).await.exits(0);
    assert_eq!(server.unmatched(), Vec::<String>::new());
    for stage in ["plan", "implement", "review"] {
        for name in ["prompt.md", "response.md", "status.json"] {
            assert!(
                !bench.log(&format!("{stage}/{name}")).is_empty(),
                "{stage}/{name}"
            );
        }
    }
    assert!(
        bench
            .log("plan/prompt.md")
            .contains("for: Create a hello world Python script")
    );
    let checkpoint: Value = serde_json::from_str(&bench.log("checkpoint.json")).unwrap();
    assert_eq!(checkpoint["current_node"], "done");
    for stage in ["plan", "implement", "review"] {
        let completed = checkpoint["completed_nodes"].as_array().unwrap();
        assert!(completed.contains(&Value::from(stage)), "{stage}");
    }
    let code = std::fs::read_to_string(bench.work().join("hello.py")).unwrap();
    assert_eq!(code, "print('Hello, world')\n");
}

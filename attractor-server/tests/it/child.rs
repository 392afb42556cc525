//! Pipelines within pipelines, through the command: what is shown, what is found first, and what
//! reaches the model.

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::{Value, json};

use crate::harness::{Bench, json_lines, text};

const PARENT: &str = r#"
digraph parent {
    graph [goal="Ship it"]
    start [shape=Mdiamond]
    part  [type="stack.sub_pipeline", stack.child_dotfile="child.dot"]
    exit  [shape=Msquare]
    start -> part -> exit
}"#;

const CHILD: &str = r#"
digraph child {
    start [shape=Mdiamond]
    build [prompt="Build it"]
    exit  [shape=Msquare]
    start -> build -> exit
}"#;

const MANAGER: &str = r#"
digraph supervised {
    start  [shape=Mdiamond]
    manage [shape=house, prompt="Supervise the sprint", stack.child_dotfile="child.dot",
            manager.poll_interval="1h"]
    exit   [shape=Msquare]
    start -> manage -> exit
}"#;

#[test]
fn a_run_shows_the_stages_of_its_child() {
    let bench = Bench::new();
    bench.write("child.dot", CHILD);
    let run = bench.run(PARENT, &["--simulate"]).exits(0);
    run.says(&[
        "part: runs child",
        "part/build: started (codergen)",
        "part/build: success",
    ]);
    assert!(
        bench
            .log("part/child/build/prompt.md")
            .ends_with("Build it")
    );
}

#[test]
fn the_json_of_a_run_has_the_entries_of_its_child() {
    let bench = Bench::new();
    bench.write("child.dot", CHILD);
    let run = bench.run(PARENT, &["--simulate", "--json"]).exits(0);
    let lines = json_lines(&run.stdout);
    let built = lines.iter().find(|line| {
        line["event"] == "child"
            && line["entry"]["event"] == "stage_completed"
            && line["entry"]["node"] == "build"
    });
    assert_eq!(built.expect("the child's stage")["within"], "part");
}

#[test]
fn a_child_that_can_not_run_is_found_by_validate_and_before_a_run() {
    let bench = Bench::new();
    let file = bench.write("parent.dot", PARENT);
    let found = bench.output(&["validate", text(&file)]).exits(1);
    assert!(found.stdout.contains("child.dot"), "{}", found.stdout);
    bench
        .run(PARENT, &["--simulate"])
        .exits(2)
        .says(&["there is no file"]);
    assert!(!bench.logs().exists());
    bench.write("child.dot", CHILD);
    bench.output(&["validate", text(&file)]).exits(0);
}

/// The worker is in a command until it's told something; the manager tells it to use sqlite.
fn model() -> Script {
    let asks = |words: &str, results| {
        Match::any()
            .any_message_contains(words)
            .tool_results(results)
    };
    let wait = "while [ ! -e \"$ATTRACTOR_STAGE_DIR/steering.md\" ]; do sleep 0.02; done";
    let told = Match::any()
        .any_message_contains("use sqlite")
        .tool_results(1);
    Script::new()
        .turn(Turn::text("It idles.\nSTEER: use sqlite").when(asks("Supervise the sprint", 0)))
        .turn(Turn::tool_call("shell", json!({ "command": wait })).when(asks("Build it", 0)))
        .turn(Turn::text("Built, with sqlite.").when(told))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_managers_message_is_in_the_next_request_of_the_childs_agent() {
    let bench = Bench::new();
    bench.write("child.dot", CHILD);
    let server = ScriptedServer::start(model()).await.unwrap();
    let file = bench.write("pipeline.dot", MANAGER);
    let logs = bench.logs();
    let run = ["run", text(&file), "--logs", text(&logs)];
    let run = bench.with_model(&server, &run).await;

    run.exits(0).says(&[
        "manage: steer: use sqlite",
        "manage/build: was told: use sqlite",
    ]);
    assert_eq!(server.unmatched(), Vec::<String>::new());
    assert_eq!(
        bench.log("manage/child/build/response.md"),
        "Built, with sqlite."
    );
    let child = json_lines(&bench.log("manage/child/events.jsonl"));
    let steered = child.iter().find(|entry| entry["event"] == "steered");
    assert_eq!(steered.expect("an entry")["message"], "use sqlite");
    let cost = |entries: &[Value], event: &str| -> u64 {
        let found = entries.iter().filter(|entry| entry["event"] == event);
        found
            .filter_map(|entry| entry["output_tokens"].as_u64())
            .sum()
    };
    let counted = cost(&bench.journal(), "child_usage");
    assert_eq!(
        counted,
        cost(&child, "model_response"),
        "the child is counted once"
    );
}

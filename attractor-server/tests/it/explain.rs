//! `attractor explain`, and the picture of a run.

use serde_json::Value;

use crate::harness::{Bench, text};

const PIPELINE: &str = r#"digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    test [shape=parallelogram, label="Run the tests", max_retries=1,
          tool_command="test -e done || { touch done; exit 1; }"]
    broken [shape=parallelogram, tool_command="exit 3"]
    check [shape=diamond]
    other [prompt="Never"]
    start -> test -> broken
    broken -> check
    check -> exit  [label="bad", condition="outcome=fail && context.tool.exit_code=3"]
    check -> other [label="good", condition="outcome=success"]
    other -> exit
}"#;

fn walked() -> Bench {
    let bench = Bench::new();
    bench.run(PIPELINE, &["--simulate"]).exits(0);
    bench
}

#[test]
fn each_hop_has_its_edge_its_rule_and_what_it_saw() {
    let bench = walked();
    let said = bench
        .output(&["explain", text(&bench.logs())])
        .exits(0)
        .stdout;
    for line in [
        "broken → check",
        "[3.7 and 2.13: failure to a conditional]",
        "check → exit",
        "[3.3, step 1: condition]",
        "saw outcome=fail, of the stage before",
        "✓ -> exit \"bad\" if outcome=fail && context.tool.exit_code=3 \
         (context.tool.exit_code=\"3\", outcome=\"fail\"): followed",
        "· -> other \"good\" if outcome=success (outcome=\"fail\"): its condition doesn't hold",
        "exit: success",
    ] {
        assert!(said.contains(line), "no {line:?} in:\n{said}");
    }
}

#[test]
fn one_node_is_explained_as_json() {
    let bench = walked();
    let logs = bench.logs();
    let said = bench
        .output(&["explain", text(&logs), "check", "--json"])
        .exits(0)
        .stdout;
    let whole: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&whole["version"], &whole["status"]),
        (&1.into(), &"success".into())
    );
    let hops = whole["hops"].as_array().unwrap();
    let rules: Vec<_> = hops
        .iter()
        .map(|hop| hop["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["failure_to_conditional", "condition"]);
    assert_eq!(hops[1]["candidates"][0]["values"]["outcome"], "fail");
}

#[test]
fn what_cannot_be_explained_says_so() {
    let bench = walked();
    bench
        .output(&["explain", text(&bench.logs()), "chekc"])
        .exits(2)
        .says(&["no node `chekc`", "its nodes: start, exit, test"]);
    bench
        .output(&["explain", "nothing"])
        .exits(2)
        .says(&["no run directory at nothing"]);
    bench.output(&["explain"]).exits(2).says(&["<RUN_DIR>"]);
}

#[test]
fn a_run_is_drawn_with_what_happened() {
    let bench = walked();
    let logs = bench.logs();
    let svg = bench
        .output(&["graph", "--run", text(&logs)])
        .exits(0)
        .stdout;
    let node = |name: &str| {
        let start = svg
            .find(&format!("id=\"node-{name}\""))
            .expect("the node is drawn");
        let group = svg[..start].rfind("<g").unwrap();
        svg[group..].split("</title>").next().unwrap().to_owned()
    };
    assert!(node("test").contains("shape success"), "{}", node("test"));
    assert!(
        node("test").contains("2 attempts, 1 of them a retry"),
        "{}",
        node("test")
    );
    assert!(
        node("broken").contains("shape failed"),
        "{}",
        node("broken")
    );
    assert!(node("broken").contains("exit code 3"), "{}", node("broken"));
    assert!(
        node("other").contains("shape not-reached"),
        "{}",
        node("other")
    );
    assert!(svg.contains(">✗ failed"), "{svg}");
    assert_eq!(svg.matches(" taken\"").count(), 4);
    assert_eq!(svg.matches(" untaken\"").count(), 2);
}

#[test]
fn a_run_is_drawn_as_dot_too() {
    let bench = walked();
    let logs = bench.logs();
    bench
        .output(&["graph", "--run", text(&logs), "-o", "run.dot"])
        .exits(0);
    let dot = std::fs::read_to_string(bench.work().join("run.dot")).unwrap();
    assert!(
        dot.contains("\"shape\"=\"parallelogram\", \"style\"=\"filled\""),
        "{dot}"
    );
    assert!(
        dot.contains("\"check\" -> \"other\" [\"label\"=\"good\\noutcome=success\""),
        "{dot}"
    );
    bench
        .output(&["graph", "p.dot", "--run", text(&logs)])
        .exits(2)
        .says(&["cannot be used with"]);
    bench.output(&["graph"]).exits(2).says(&["<FILE>"]);
}

#[test]
fn an_interrupted_stage_is_neither_running_nor_done() {
    let bench = walked();
    let journal = bench.log("events.jsonl");
    let until = journal
        .lines()
        .position(|line| line.contains("\"node\":\"broken\""))
        .unwrap();
    let cut: String = journal
        .lines()
        .take(until + 1)
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(bench.logs().join("events.jsonl"), cut).unwrap();
    let svg = bench
        .output(&["graph", "--run", text(&bench.logs())])
        .exits(0)
        .stdout;
    assert!(
        svg.contains("shape interrupted\" id=\"node-broken\""),
        "{svg}"
    );
    assert!(svg.contains("‖ interrupted"), "{svg}");
}

//! `attractor validate`.

use serde_json::Value;

use crate::harness::Bench;

const GOOD: &str = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]; \
                    work [prompt=\"Do it\"]; start -> work -> exit }";

#[test]
fn a_good_pipeline_is_valid() {
    let bench = Bench::new();
    bench.write("good.dot", GOOD);
    let finished = bench.output(&["validate", "good.dot"]).exits(0);
    assert_eq!(finished.stdout, "valid good.dot\n");
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_caret() {
    let bench = Bench::new();
    bench.write("bad.dot", &GOOD.replace("start -> work", "start -> wrok"));

    let finished = bench.output(&["validate", "bad.dot"]).exits(1);

    assert!(
        finished.stdout.contains("error[edge_target_exists]"),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains("bad.dot:1:"),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains("start -> wrok"),
        "{}",
        finished.stdout
    );
    assert!(finished.stdout.contains("^^^"), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("invalid bad.dot:"),
        "{}",
        finished.stdout
    );
}

#[test]
fn every_mistake_of_a_file_is_reported() {
    let bench = Bench::new();
    bench.write(
        "bad.dot",
        "digraph g {\n  a [shape=]\n  b -- c\n  d [label=\"x\"\n}\n",
    );
    let finished = bench.output(&["validate", "bad.dot"]).exits(1);
    assert!(
        finished.stdout.matches("error").count() >= 2,
        "{}",
        finished.stdout
    );
}

#[test]
fn json_has_positions_and_one_entry_a_file() {
    let bench = Bench::new();
    bench.write("good.dot", GOOD);
    bench.write("bad.dot", &GOOD.replace("start -> work", "\nstart -> wrok"));

    let finished = bench
        .output(&["validate", "--json", "good.dot", "bad.dot", "none.dot"])
        .exits(2);

    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["files"][0]["valid"], true);
    assert_eq!(report["files"][1]["valid"], false);
    let found = report["files"][1]["diagnostics"].as_array().unwrap();
    let missing = found
        .iter()
        .find(|one| one["rule"] == "edge_target_exists")
        .unwrap();
    assert_eq!(
        (missing["line"].as_u64(), missing["severity"].as_str()),
        (Some(2), Some("error"))
    );
    assert_eq!(report["files"][2]["error"], "no such file: none.dot");
}

#[test]
fn the_pipelines_of_the_examples_are_valid() {
    let graphs = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/graphs");
    let mut checked = 0;
    for entry in std::fs::read_dir(graphs).unwrap() {
        let path = entry.unwrap().path();
        let finished = Bench::new()
            .output(&["validate", path.to_str().unwrap()])
            .exits(0);
        assert!(!finished.stdout.contains("warning"), "{}", finished.stdout);
        checked += 1;
    }
    assert!(checked > 0);
}

//! `attractor validate`.

use serde_json::{Value, json};

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
fn the_pipelines_of_the_examples_and_of_the_factory_are_valid() {
    let mut checked = 0;
    for directory in ["examples/graphs", "factory"] {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(directory);
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let finished = Bench::new()
                .output(&["validate", "--strict", path.to_str().unwrap()])
                .exits(0);
            assert!(!finished.stdout.contains("warning"), "{}", finished.stdout);
            checked += 1;
        }
    }
    assert!(checked > 1);
}

const BAD: &str = "digraph g {\n    start [shape=Mdiamond, pormpt=x label=Begin]\n    \
                   work [timeout=\"5 min\"]\n    stuck [label=Stuck]\n    exit [shape=Msquare]\n    \
                   start -> wrok -> exit\n    start -> work\n    start -> stuck\n    work -> exit\n}\n";

#[test]
fn the_report_for_programs_matches_its_schema() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/validate.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let bench = Bench::new();
    bench.write("good.dot", GOOD);
    bench.write("bad.dot", BAD);
    bench.write("worse.dot", "digraph g { a -- b; subgraph { \"x y\" }");
    let files = ["good.dot", "bad.dot", "worse.dot", "none.dot"];
    for form in [&["--json"][..], &["--format", "json"]] {
        let finished = bench
            .output(&[&["validate"], form, &files].concat())
            .exits(2);
        let report: Value = serde_json::from_str(&finished.stdout).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let found = report["files"][1]["diagnostics"].as_array().unwrap();
        assert!(found.iter().any(|found| found["edits"].is_array()));
    }
    assert!(
        !validator.is_valid(&json!({ "version": 1, "files": [{ "path": "x", "valid": true }] }))
    );
}

/// The properties that the official schema of SARIF 2.1.0 requires of an object.
const REQUIRED: &[(&str, &[&str])] = &[
    ("", &["version", "runs"]),
    ("runs", &["tool"]),
    ("tool", &["driver"]),
    ("driver", &["name"]),
    ("rules", &["id"]),
    ("invocations", &["executionSuccessful"]),
    ("results", &["message"]),
    ("message", &["text"]),
    ("description", &["text"]),
    ("fixes", &["artifactChanges"]),
    ("artifactChanges", &["artifactLocation", "replacements"]),
    ("replacements", &["deletedRegion"]),
    ("toolExecutionNotifications", &["message"]),
];

fn check_required(name: &str, value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| check_required(name, item)),
        Value::Object(fields) => {
            let row = REQUIRED.iter().find(|row| row.0 == name);
            for required in row.map_or(&[][..], |row| row.1) {
                assert!(fields.contains_key(*required), "{name} without {required}");
            }
            fields
                .iter()
                .for_each(|(name, value)| check_required(name, value));
        }
        _ => {}
    }
}

#[test]
fn code_hosts_get_sarif() {
    let bench = Bench::new();
    std::fs::create_dir(bench.work().join("my graphs")).unwrap();
    bench.write("my graphs/bad.dot", BAD);
    let files = ["my graphs/bad.dot", "none.dot"];
    let finished = bench
        .output(&[&["validate", "--format", "sarif"], &files[..]].concat())
        .exits(2);
    let log: Value = serde_json::from_str(&finished.stdout).unwrap();
    check_required("", &log);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["message"]["text"], "no such file: none.dot");
    let results = run["results"].as_array().unwrap();
    let unknown = results
        .iter()
        .find(|result| result["ruleId"] == "attribute_unknown")
        .unwrap();
    let rule = unknown["ruleIndex"].as_u64().unwrap();
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(
        rules[usize::try_from(rule).unwrap()]["id"],
        "attribute_unknown"
    );
    insta::assert_json_snapshot!("sarif_result", unknown);
}

#[test]
fn rules_are_denied_and_allowed_by_name() {
    let bench = Bench::new();
    bench.write("a.dot", &GOOD.replace("prompt=", "label=Do, pormpt="));
    bench.output(&["validate", "a.dot"]).exits(0);
    for rule in ["attribute_unknown", "warnings"] {
        let finished = bench
            .output(&["validate", "--deny", rule, "a.dot"])
            .exits(1);
        let line = "error[attribute_unknown]";
        assert!(finished.stdout.contains(line), "{}", finished.stdout);
    }
    let finished = bench
        .output(&["validate", "--allow", "attribute_unknown", "a.dot"])
        .exits(0);
    assert_eq!(finished.stdout, "valid a.dot\n");
    bench
        .output(&["validate", "--deny", "atribute_unknown", "a.dot"])
        .exits(2)
        .says(&[
            "no rule `atribute_unknown`",
            "did you mean `attribute_unknown`?",
        ]);
    bench
        .output(&["validate", "--allow", "warnings", "a.dot"])
        .exits(2)
        .says(&["no rule `warnings`", "start_node"]);
}

#[test]
fn strict_refuses_what_cannot_reach_the_exit() {
    let bench = Bench::new();
    bench.write(
        "a.dot",
        &GOOD.replace("start ->", "lost [label=Lost]; start -> lost; start ->"),
    );
    bench.output(&["validate", "a.dot"]).exits(0);
    let finished = bench.output(&["validate", "--strict", "a.dot"]).exits(1);
    assert!(
        finished.stdout.contains("error[dead_end]"),
        "{}",
        finished.stdout
    );
}

#[test]
fn a_fix_is_written_and_what_remains_is_shown() {
    let bench = Bench::new();
    let file = bench.write("a.dot", BAD);
    let finished = bench.output(&["validate", "--fix", "a.dot"]).exits(0);
    let fixed = BAD
        .replace("pormpt=x label", "prompt=x, label")
        .replace("\"5 min\"", "5m")
        .replace("wrok", "work");
    assert_eq!(std::fs::read_to_string(file).unwrap(), fixed);
    assert!(finished.stdout.contains("dead_end"), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("valid a.dot (2 warnings)"),
        "{}",
        finished.stdout
    );
    bench
        .output(&["validate", "--fix", "-"])
        .exits(2)
        .says(&["standard input", "name the file"]);
}

#[test]
fn the_documentation_lists_every_rule() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/validation.md");
    let page = std::fs::read_to_string(page).unwrap();
    for rule in attractor_core::lint::rules() {
        let row = format!("| `{}` | {} | {} |", rule.name, rule.severity, rule.summary);
        assert!(page.contains(&row), "docs/validation.md lacks: {row}");
    }
}

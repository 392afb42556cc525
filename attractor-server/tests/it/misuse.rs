//! What a user sees who typed something wrong or lacks something: one message, and a way out.

use crate::harness::{Bench, json_lines, text};

const AGENT: &str = "digraph g { start [shape=Mdiamond]; exit [shape=Msquare]; \
                     work [prompt=\"Do it\"]; start -> work -> exit }";

#[test]
fn no_arguments_show_the_help() {
    let finished = Bench::new().output(&[]).exits(2);
    for command in [
        "run",
        "resume",
        "validate",
        "fmt",
        "migrate",
        "graph",
        "demo",
        "completions",
    ] {
        assert!(finished.stderr.contains(command), "{}", finished.stderr);
    }
}

#[test]
fn a_wrong_flag_names_the_right_one() {
    Bench::new()
        .output(&["run", "x.dot", "--modle", "x"])
        .exits(2)
        .says(&["--modle", "--model"]);
}

#[test]
fn a_missing_file_is_named() {
    Bench::new()
        .output(&["run", "nowhere.dot"])
        .exits(2)
        .says(&["no such file: nowhere.dot"]);
}

#[test]
fn a_file_that_is_not_text_is_named_with_the_byte() {
    let bench = Bench::new();
    std::fs::write(bench.work().join("x.dot"), b"digraph \xff {}").unwrap();
    bench
        .output(&["run", "x.dot"])
        .exits(2)
        .says(&["x.dot isn't UTF-8 text: byte 8", "help:"]);
}

#[test]
fn a_directory_is_no_pipeline() {
    Bench::new()
        .output(&["run", "."])
        .exits(2)
        .says(&["is a directory", "name the .dot file"]);
}

#[test]
fn an_invalid_pipeline_is_not_started() {
    let bench = Bench::new();
    bench
        .run("digraph g { start [shape=Mdiamond] ", &[])
        .exits(2)
        .says(&["pipeline.dot", "error"]);
    assert!(!bench.logs().exists());
}

#[test]
fn a_missing_key_says_which_variable_to_set_before_anything_is_started() {
    let bench = Bench::new();
    bench
        .run(AGENT, &[])
        .exits(2)
        .says(&["ANTHROPIC_API_KEY", "--simulate"]);
    assert!(!bench.logs().exists());
}

#[test]
fn the_key_that_a_node_needs_is_named_whatever_others_are_set() {
    let cases = [
        ("llm_provider=openai", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"),
        ("llm_provider=google", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"),
        (
            "llm_model=\"gemini-3.6-flash\"",
            "OPENAI_API_KEY",
            "GEMINI_API_KEY",
        ),
        (
            "llm_model=\"groq/llama-4\"",
            "GEMINI_API_KEY",
            "GROQ_API_KEY",
        ),
        ("llm_model=\"claude-opus-4-6\"", "", "ANTHROPIC_API_KEY"),
    ];
    for (attributes, set, missing) in cases {
        let bench = Bench::new();
        let node = format!("work [{attributes}, prompt=\"do it\"]");
        let graph = format!(
            "digraph g {{ start [shape=Mdiamond] {node} exit [shape=Msquare] start -> work -> exit }}"
        );
        let file = bench.write("p.dot", &graph);
        let mut command = bench.attractor(&["run", text(&file), "--logs", text(&bench.logs())]);
        if !set.is_empty() {
            command.env(set, "sk-secret-value");
        }
        crate::harness::Finished::of(command.output().unwrap())
            .exits(2)
            .says(&["work", &format!("{missing} isn't set"), "--simulate"]);
        assert!(!bench.logs().exists());
    }
}

#[test]
fn a_provider_nobody_knows_is_refused_before_anything_is_started() {
    let bench = Bench::new();
    let file = bench.write("p.dot", AGENT);
    let mut command = bench.attractor(&["run", text(&file), "--model", "acme/one"]);
    command
        .env("ANTHROPIC_API_KEY", "sk-secret-value")
        .arg("--logs")
        .arg(bench.logs());
    let finished = crate::harness::Finished::of(command.output().unwrap());
    let finished = finished.exits(2).says(&["acme", "anthropic"]);
    assert!(!finished.stderr.contains("sk-secret-value"));
    assert!(!bench.logs().exists());
}

#[test]
fn a_run_directory_that_cannot_be_made_is_named() {
    let bench = Bench::new();
    let file = bench.write("plain-file", "");
    let inside = file.join("logs");
    let pipeline = bench.write("p.dot", AGENT);
    let arguments = [
        "run",
        text(&pipeline),
        "--simulate",
        "--logs",
        text(&inside),
    ];
    bench
        .output(&arguments)
        .exits(2)
        .says(&["can't create the run directory", "--logs DIR"]);
}

#[test]
fn a_run_directory_in_use_is_not_written_over() {
    let bench = Bench::new();
    bench.run(AGENT, &["--simulate"]).exits(0);
    bench
        .run(AGENT, &["--simulate"])
        .exits(2)
        .says(&["already holds a run", "attractor resume"]);
}

#[test]
fn a_working_directory_that_does_not_exist_is_named() {
    Bench::new()
        .run(AGENT, &["--simulate", "--workdir", "/nonexistent"])
        .exits(2)
        .says(&["/nonexistent doesn't exist", "--workdir DIR"]);
}

#[test]
fn a_malformed_value_is_explained() {
    let bench = Bench::new();
    bench
        .run(AGENT, &["--param", "novalue"])
        .exits(2)
        .says(&["KEY=VALUE"]);
    bench
        .run(AGENT, &["--max-cost-usd", "cheap"])
        .exits(2)
        .says(&["US dollars"]);
    bench
        .run(AGENT, &["--model", "anthropic/"])
        .exits(2)
        .says(&["provider/model"]);
}

#[test]
fn json_output_carries_the_error_as_an_event() {
    let finished = Bench::new()
        .output(&["run", "nowhere.dot", "--json"])
        .exits(2);
    let event = &crate::harness::json_lines(&finished.stdout)[0];
    assert_eq!(event["event"], "error");
    assert_eq!(event["message"], "no such file: nowhere.dot");
}

#[test]
fn only_a_run_directory_can_be_resumed() {
    let bench = Bench::new();
    bench
        .output(&["resume", "nowhere"])
        .exits(2)
        .says(&["no run directory at nowhere"]);
    bench
        .output(&["resume", "."])
        .exits(2)
        .says(&["isn't a run directory", "manifest.json"]);
}

#[test]
fn json_says_what_is_wrong_with_a_pipeline() {
    let bench = Bench::new();
    let finished = bench
        .run("digraph g { start [shape=Mdiamond] }", &["--json"])
        .exits(2);
    let lines = json_lines(&finished.stdout);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["event"], "error");
    assert!(!lines[0]["diagnostics"].as_array().unwrap().is_empty());
}

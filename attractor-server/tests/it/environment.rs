//! What a pipeline's own commands see of the environment.

use crate::harness::{Bench, Finished, names, text};

const LOOKS: &str = "digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    look [shape=parallelogram ATTRIBUTES, tool_command=\"echo key=$DEPLOY_TOKEN, plain=$PLAIN, git=$GIT_DIR\"]
    start -> look -> exit
}";

/// What the command prints, and the warnings in the journal.
fn looks(attributes: &str) -> (String, Vec<String>) {
    let bench = Bench::new();
    let file = bench.write("pipeline.dot", &LOOKS.replace("ATTRIBUTES", attributes));
    let mut command = bench.attractor(&["run", text(&file), "--logs", text(&bench.logs())]);
    command
        .env("DEPLOY_TOKEN", "s3cret")
        .env("PLAIN", "yes")
        .env("GIT_DIR", "/elsewhere");
    Finished::of(command.output().unwrap()).exits(0);
    let journal = bench.journal();
    let warnings = journal.iter().zip(names(&journal));
    let warnings = warnings.filter(|(_, name)| *name == "warning");
    let warnings = warnings.map(|(entry, _)| entry["message"].as_str().unwrap().to_owned());
    (bench.log("look/stdout.txt"), warnings.collect())
}

#[test]
fn secrets_are_kept_from_a_command_that_says_so_in_the_journal() {
    let (printed, warnings) = looks("");
    assert_eq!(printed, "key=, plain=yes, git=\n");
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("tool_env=\"DEPLOY_TOKEN\""),
        "{warnings:?}"
    );
}

#[test]
fn a_secret_that_the_pipeline_names_is_passed_on() {
    for attributes in [
        ", tool_env=DEPLOY_TOKEN",
        ", tool_env=\"OTHER, DEPLOY_TOKEN\"",
        ", tool_env=\"*\"",
    ] {
        let (printed, warnings) = looks(attributes);
        assert_eq!(printed, "key=s3cret, plain=yes, git=\n", "{attributes}");
        assert_eq!(warnings, Vec::<String>::new());
    }
}

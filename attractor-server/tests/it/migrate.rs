//! `attractor migrate`.

use crate::harness::Bench;

const OLD: &str =
    "digraph g {\n  a [model=large]   // the big one\n  a -> b [condition=\"outcome=failed\"]\n}\n";
const NEW: &str = "digraph g {\n  a [llm_model=large]   // the big one\n  a -> b [condition=\"outcome=fail\"]\n}\n";

#[test]
fn spellings_are_written_and_named() {
    let bench = Bench::new();
    let file = bench.write("a.dot", OLD);
    let finished = bench
        .output(&["migrate", "a.dot"])
        .exits(0)
        .says(&["`model` becomes `llm_model`", "a.dot:2:6"]);
    assert_eq!(finished.stdout, "wrote a.dot\n");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), NEW);
    let finished = bench.output(&["migrate", "a.dot"]).exits(0);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("", "")
    );
}

#[test]
fn a_check_shows_what_would_be_written() {
    let bench = Bench::new();
    bench.write("a.dot", OLD);
    let finished = bench.output(&["migrate", "--check", "a.dot"]).exits(1);
    let line = "+  a [llm_model=large]   // the big one";
    assert!(finished.stdout.contains(line), "{}", finished.stdout);
    let finished = bench.output(&["migrate", "--stdout", "a.dot"]).exits(0);
    assert_eq!(finished.stdout, NEW);
}

#[test]
fn a_file_in_which_the_spelling_matters_is_left_alone() {
    let bench = Bench::new();
    let text = "digraph g { a [llm_model=x]; a [model=y] }";
    let file = bench.write("a.dot", text);
    bench
        .output(&["migrate", "a.dot"])
        .exits(1)
        .says(&["node `a` has an attribute in two spellings", "a.dot:1:13"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

//! `attractor demo`: the README's first command.

use crate::harness::Bench;

#[test]
fn the_demo_fixes_the_test_without_key_or_configuration() {
    let bench = Bench::new();

    let finished = bench.output(&["demo"]).exits(0);

    let shown = &finished.stdout;
    for text in [
        "words come from a script",
        "run succeeded",
        "1 file changed",
        "+if [ $((year % 400)) -eq 0 ]",
        "run directory",
        "--workdir YOUR_REPOSITORY",
    ] {
        assert!(shown.contains(text), "no {text:?} in:\n{shown}");
    }
    assert!(
        finished.stderr.contains("run_tests -> fix [Fail]"),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("run_tests -> exit [Pass]"),
        "{}",
        finished.stderr
    );
}

#[test]
fn the_demo_says_what_is_in_its_way() {
    let bench = Bench::new();
    let mut command = bench.attractor(&["demo"]);
    command.env("TEST_COMMAND", "true");
    let finished = crate::harness::Finished::of(command.output().unwrap());
    finished.exits(2).says(&["TEST_COMMAND is set"]);
}

#[test]
fn the_demo_needs_a_place_to_write() {
    let bench = Bench::new();
    let mut command = bench.attractor(&["demo"]);
    command.env("TMPDIR", "/nonexistent");
    let finished = crate::harness::Finished::of(command.output().unwrap());
    finished
        .exits(2)
        .says(&["can't write the demo's files", "TMPDIR"]);
}

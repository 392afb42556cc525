//! `attractor fmt`.

use std::io::Write as _;
use std::process::Stdio;

use crate::harness::{Bench, Finished};

const ROUGH: &str =
    "digraph g {\n  start; exit // ends\n  a [label=x; prompt=y]\n start->a->exit }\n";
const SMOOTH: &str = "digraph g {\n    start\n    exit // ends\n    a [label=x, prompt=y]\n    \
                      start -> a -> exit\n}\n";

fn read(bench: &Bench, name: &str) -> String {
    std::fs::read_to_string(bench.work().join(name)).unwrap()
}

#[test]
fn files_are_written_and_then_left_alone() {
    let bench = Bench::new();
    bench.write("a.dot", ROUGH);
    bench.write("b.dot", SMOOTH);
    let finished = bench.output(&["fmt", "a.dot", "b.dot"]).exits(0);
    assert_eq!(finished.stdout, "wrote a.dot\n");
    assert_eq!(read(&bench, "a.dot"), SMOOTH);
    let finished = bench.output(&["fmt", "a.dot"]).exits(0);
    assert_eq!(finished.stdout, "");
}

#[test]
fn a_check_changes_nothing_and_shows_what_would() {
    let bench = Bench::new();
    bench.write("a.dot", ROUGH);
    let finished = bench.output(&["fmt", "--check", "a.dot"]).exits(1);
    for line in [
        "--- a.dot",
        "-  start; exit // ends",
        "+    a [label=x, prompt=y]",
    ] {
        assert!(finished.stdout.contains(line), "{}", finished.stdout);
    }
    assert_eq!(read(&bench, "a.dot"), ROUGH);
    bench.write("a.dot", SMOOTH);
    let finished = bench.output(&["fmt", "--check", "a.dot"]).exits(0);
    assert_eq!(finished.stdout, "");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let bench = Bench::new();
    let mut child = bench
        .attractor(&["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(ROUGH.as_bytes())
        .unwrap();
    let finished = Finished::of(child.wait_with_output().unwrap()).exits(0);
    assert_eq!(finished.stdout, SMOOTH);

    bench.write("a.dot", ROUGH);
    let finished = bench.output(&["fmt", "--stdout", "a.dot"]).exits(0);
    assert_eq!(finished.stdout, SMOOTH);
    assert_eq!(read(&bench, "a.dot"), ROUGH);
}

#[test]
fn a_file_with_mistakes_is_shown_and_the_others_are_written() {
    let bench = Bench::new();
    bench.write("bad.dot", "digraph g { a -- b }");
    bench.write("a.dot", ROUGH);
    bench
        .output(&["fmt", "bad.dot", "a.dot"])
        .exits(1)
        .says(&["undirected edges aren't supported", "bad.dot:1:15"]);
    assert_eq!(read(&bench, "bad.dot"), "digraph g { a -- b }");
    assert_eq!(read(&bench, "a.dot"), SMOOTH);
    bench
        .output(&["fmt", "none.dot"])
        .exits(2)
        .says(&["no such file: none.dot"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_the_mode_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let file = bench.write("a.dot", ROUGH);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("a.dot", bench.work().join("link.dot")).unwrap();
    bench.output(&["fmt", "link.dot"]).exits(0);
    assert_eq!(read(&bench, "a.dot"), SMOOTH);
    assert!(bench.work().join("link.dot").is_symlink());
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
}

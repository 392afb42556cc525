//! The live view on a terminal, which `script` of util-linux provides.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use crate::harness::{Bench, names, text};

const GATE: &str = "digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    before [shape=parallelogram, tool_command=\"true\"]
    gate   [shape=hexagon, label=\"Ship it?\"]
    start -> before -> gate
    gate -> exit  [label=\"[Y] Yes\"]
    gate -> before [label=\"[N] No\"]
}";

/// `attractor ARGUMENTS` on a terminal of its own; nothing where there is no `script`.
fn on_a_terminal(bench: &Bench, arguments: &str) -> Option<Child> {
    let known = Command::new("script").arg("--version").output();
    if !known.is_ok_and(|output| output.status.success()) {
        println!("SKIPPED: there is no `script` to make a terminal with");
        return None;
    }
    let attractor = env!("CARGO_BIN_EXE_attractor");
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--flush", "--command"])
        .arg(format!("{attractor} {arguments}"))
        .arg("/dev/null")
        .current_dir(bench.work())
        .env("HOME", bench.root().join("home"))
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    Some(command.spawn().expect("script starts"))
}

/// What the terminal shows until `wanted` appears.
fn shown_until(terminal: &mut Child, wanted: &str) -> String {
    let mut shown = Vec::new();
    let mut byte = [0];
    let output = terminal.stdout.as_mut().expect("piped");
    while !String::from_utf8_lossy(&shown).ends_with(wanted) {
        let read = output.read(&mut byte).expect("readable");
        assert_eq!(
            read,
            1,
            "no {wanted:?} in {:?}",
            String::from_utf8_lossy(&shown)
        );
        shown.push(byte[0]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

fn type_keys(terminal: &mut Child, keys: &str) {
    let input = terminal.stdin.as_mut().expect("piped");
    input.write_all(keys.as_bytes()).expect("typed");
    input.flush().expect("typed");
}

#[test]
fn ctrl_c_at_a_question_interrupts_the_run_and_the_question_comes_again() {
    let bench = Bench::new();
    let file = bench.write("pipeline.dot", GATE);
    let logs = bench.logs();
    let run = format!("run {} --logs {}", text(&file), text(&logs));
    let Some(mut terminal) = on_a_terminal(&bench, &run) else {
        return;
    };
    let shown = shown_until(&mut terminal, "Select: ");
    assert!(
        shown.contains("before"),
        "what came first is shown first: {shown}"
    );
    assert!(shown.contains("[Y] Yes"), "{shown}");
    type_keys(&mut terminal, "\u{3}");
    shown_until(&mut terminal, "run interrupted");
    assert_eq!(terminal.wait().unwrap().code(), Some(130));
    assert_eq!(names(&bench.journal()).last(), Some(&"run_interrupted"));

    let resume = format!("resume {}", text(&logs));
    let mut terminal = on_a_terminal(&bench, &resume).expect("there was one before");
    shown_until(&mut terminal, "Select: ");
    type_keys(&mut terminal, "perhaps\n");
    shown_until(&mut terminal, "Again: ");
    type_keys(&mut terminal, "y\n");
    shown_until(&mut terminal, "run succeeded");
    assert_eq!(terminal.wait().unwrap().code(), Some(0));
}

/// A gate in one branch, while the other one works until the question is open and beyond.
const BRANCHES: &str = "digraph g {
    start [shape=Mdiamond]; exit [shape=Msquare]
    fan  [shape=component]; join [shape=tripleoctagon]
    gate [shape=hexagon, label=\"Ship it?\"]
    work [shape=parallelogram, tool_command=\"while ! test -e go; do sleep 0.1; done\"]
    more [shape=parallelogram, tool_command=\"touch done\"]
    start -> fan -> gate -> join [label=\"[Y] Yes\"]
    gate -> join [label=\"[N] No\"]
    fan -> work -> more -> join -> exit
}";

#[test]
fn a_question_in_a_branch_has_the_terminal_to_itself_while_others_go_on() {
    let bench = Bench::new();
    let file = bench.write("pipeline.dot", BRANCHES);
    let run = format!("run {} --logs {}", text(&file), text(&bench.logs()));
    let Some(mut terminal) = on_a_terminal(&bench, &run) else {
        return;
    };
    let shown = shown_until(&mut terminal, "Select: ");
    assert!(!shown.contains("✓ work"), "{shown}");
    std::fs::write(bench.work().join("go"), "").expect("written");
    while !bench.work().join("done").exists() {
        std::thread::yield_now();
    }
    type_keys(&mut terminal, "y\n");
    let shown = shown_until(&mut terminal, "run succeeded");
    for line in ["work/more", "gate", "fan", "join"] {
        assert!(shown.contains(&format!(" {line}")), "{line}: {shown}");
    }
    assert_eq!(terminal.wait().unwrap().code(), Some(0));
}

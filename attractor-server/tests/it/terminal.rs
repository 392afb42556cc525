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

/// A terminal with a command on it.
#[derive(Debug)]
pub(crate) struct Terminal(Child);

impl Terminal {
    /// A terminal on which the command is carried out; nothing where there is no `script`.
    pub(crate) fn open(attractor: &Command) -> Option<Terminal> {
        let known = Command::new("script").arg("--version").output();
        if !known.is_ok_and(|output| output.status.success()) {
            println!("SKIPPED: there is no `script` to make a terminal with");
            return None;
        }
        let words = std::iter::once(attractor.get_program()).chain(attractor.get_args());
        // None of them has an apostrophe.
        let words = words.map(|word| format!("'{}'", word.to_str().expect("UTF-8")));
        let mut command = Command::new("script");
        command
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(words.collect::<Vec<_>>().join(" "))
            .arg("/dev/null")
            .current_dir(attractor.get_current_dir().expect("a directory"))
            .env_clear()
            .envs(
                attractor
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm-256color")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        Some(Terminal(command.spawn().expect("script starts")))
    }

    /// What it shows until `wanted` appears.
    pub(crate) fn shown_until(&mut self, wanted: &str) -> String {
        let mut shown = Vec::new();
        let mut byte = [0];
        let output = self.0.stdout.as_mut().expect("piped");
        while !String::from_utf8_lossy(&shown).ends_with(wanted) {
            let read = output.read(&mut byte).expect("readable");
            let text = String::from_utf8_lossy(&shown);
            assert_eq!(read, 1, "no {wanted:?} in {text:?}");
            shown.push(byte[0]);
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    pub(crate) fn types(&mut self, keys: &str) {
        let input = self.0.stdin.as_mut().expect("piped");
        input.write_all(keys.as_bytes()).expect("typed");
        input.flush().expect("typed");
    }

    /// What it shows until the command has ended, and the exit code.
    pub(crate) fn rest(mut self) -> (String, Option<i32>) {
        let mut shown = Vec::new();
        let output = self.0.stdout.as_mut().expect("piped");
        output.read_to_end(&mut shown).expect("readable");
        let shown = String::from_utf8_lossy(&shown).into_owned();
        (shown, self.0.wait().expect("it ends").code())
    }
}

#[test]
fn ctrl_c_at_a_question_interrupts_the_run_and_the_question_comes_again() {
    let bench = Bench::new();
    let file = bench.write("pipeline.dot", GATE);
    let logs = bench.logs();
    let run = bench.attractor(&["run", text(&file), "--logs", text(&logs)]);
    let Some(mut terminal) = Terminal::open(&run) else {
        return;
    };
    let shown = terminal.shown_until("Select: ");
    assert!(
        shown.contains("before"),
        "what came first is shown first: {shown}"
    );
    assert!(shown.contains("[Y] Yes"), "{shown}");
    terminal.types("\u{3}");
    let (shown, code) = terminal.rest();
    assert!(shown.contains("run interrupted"), "{shown}");
    assert_eq!(code, Some(130));
    assert_eq!(names(&bench.journal()).last(), Some(&"run_interrupted"));

    let resume = bench.attractor(&["resume", text(&logs)]);
    let mut terminal = Terminal::open(&resume).expect("there was one before");
    terminal.shown_until("Select: ");
    terminal.types("perhaps\n");
    terminal.shown_until("Again: ");
    terminal.types("y\n");
    let (shown, code) = terminal.rest();
    assert!(shown.contains("run succeeded"), "{shown}");
    assert_eq!(code, Some(0));
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
    let run = bench.attractor(&["run", text(&file), "--logs", text(&bench.logs())]);
    let Some(mut terminal) = Terminal::open(&run) else {
        return;
    };
    let shown = terminal.shown_until("Select: ");
    assert!(!shown.contains("✓ work"), "{shown}");
    std::fs::write(bench.work().join("go"), "").expect("written");
    while !bench.work().join("done").exists() {
        std::thread::yield_now();
    }
    terminal.types("y\n");
    let (shown, code) = terminal.rest();
    assert!(shown.contains("run succeeded"), "{shown}");
    for line in ["work/more", "gate", "fan", "join"] {
        assert!(shown.contains(&format!(" {line}")), "{line}: {shown}");
    }
    assert_eq!(code, Some(0));
}

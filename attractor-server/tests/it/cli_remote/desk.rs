//! A terminal on the server's machine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::Finished;
use crate::plant::Plant;
use crate::process::kill;

/// Asks a person.
pub(super) const GATE: &str = r#"digraph gate {
    start [shape=Mdiamond]; done [shape=Msquare]
    look [shape=parallelogram, tool_command="echo fine >.attractor/out/report.md"]
    gate [shape=hexagon, label="Ship it?", max_visits=3]
    start -> look -> gate
    gate -> done [label="[A] Approve"]
    gate -> look [label="[F] Fix"]
}"#;

pub(super) struct Desk {
    pub(super) plant: Plant,
}

impl Desk {
    pub(super) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With a server that is given these arguments.
    pub(super) async fn with(more: &[&str]) -> Self {
        let plant = Plant::start(more).await;
        Self { plant }
    }

    /// `attractor` with these arguments, as the server's user would type them.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.plant.bench.attractor(arguments);
        command
            .env("ATTRACTOR_SERVER", self.url())
            .env("ATTRACTOR_DATA_DIR", self.plant.bench.root().join("data"));
        command
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.plant.server.address)
    }

    /// Runs it to its end.
    pub(super) fn types(&self, arguments: &[&str]) -> Finished {
        Finished::of(self.command(arguments).output().unwrap())
    }

    /// The same for somebody with another token.
    pub(super) fn types_with(&self, token: &str, arguments: &[&str]) -> Finished {
        let mut command = self.command(arguments);
        Finished::of(command.env("ATTRACTOR_TOKEN", token).output().unwrap())
    }

    /// The same with something on standard input.
    pub(super) fn pipes(&self, input: &str, arguments: &[&str]) -> Finished {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        Finished::of(child.wait_with_output().unwrap())
    }

    /// What a command prints that succeeds.
    pub(super) fn prints(&self, arguments: &[&str]) -> String {
        self.types(arguments).exits(0).stdout
    }

    /// The JSON that a command prints that succeeds.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        serde_json::from_str(&self.prints(&arguments)).unwrap()
    }

    /// Keeps a pipeline on the server.
    pub(super) fn push(&self, name: &str, pipeline: &str) {
        let file = format!("{name}.dot");
        self.plant.bench.write(&file, pipeline);
        let model = "anthropic/claude-sonnet-4-5";
        let push = ["attractor", "push", &file, "--model", model, "-p", "Plant"];
        self.types(&push).exits(0);
    }

    /// A new run's id.
    pub(super) fn begin(&self, name: &str, pipeline: &str) -> String {
        self.push(name, pipeline);
        self.prints(&["runs", "start", name]).trim().to_owned()
    }

    /// A command that goes on by itself.
    pub(super) fn follows(&self, arguments: &[&str]) -> Following {
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Following { child, lines }
    }
}

/// A command that prints JSON as things happen; dropping it ends it.
pub(super) struct Following {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Following {
    /// The next event, if there is one.
    pub(super) fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
    }

    /// Events up to one of this type.
    pub(super) fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next() {
            let is_it = event["type"] == kind;
            events.push(event);
            if is_it {
                return events;
            }
        }
        panic!("no {kind} in {events:?}");
    }

    /// Presses Ctrl-C.
    pub(super) fn interrupt(&self) {
        kill(i32::try_from(self.child.id()).unwrap(), Signal::INT);
    }

    /// The rest, and the exit code.
    pub(super) fn rest(&mut self) -> (Vec<Value>, Option<i32>) {
        let mut events = Vec::new();
        while let Some(event) = self.next() {
            events.push(event);
        }
        (events, self.child.wait().unwrap().code())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text without what is another one each time: ids, moments and places.
pub(super) fn stable(desk: &Desk, text: &str) -> String {
    let root = desk.plant.bench.root().to_str().unwrap();
    let text = text
        .replace(root, "[root]")
        .replace(&desk.url(), "[server]");
    let mut stable = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || "-:.".contains(c) {
            word.push(c);
            continue;
        }
        stable += match word.len() {
            25 if word.starts_with('c') => "[id]",
            24 if word.starts_with("20") && word.ends_with('Z') => "[moment]",
            _ => &word,
        };
        word.clear();
        stable.push(c);
    }
    stable.truncate(stable.len() - 1);
    stable
}

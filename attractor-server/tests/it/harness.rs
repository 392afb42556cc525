//! The command in a directory of its own, with an environment of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use attractor_llm::testing::ScriptedServer;
use serde_json::Value;
use tempfile::TempDir;

/// A directory with a home, a place to work in, and nothing of the machine's configuration.
#[derive(Debug)]
pub(crate) struct Bench {
    root: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let root = tempfile::tempdir().expect("a temporary directory");
        for name in ["home", "work"] {
            std::fs::create_dir(root.path().join(name)).expect("a directory");
        }
        Bench { root }
    }

    /// The directory of it all.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Where the command works.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The run directory that `run_in` uses.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.path().join("run")
    }

    /// Writes a file to the working directory.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.work().join(name);
        std::fs::write(&path, text).expect("the file is written");
        path
    }

    /// `attractor` with these arguments, in the working directory.
    pub(crate) fn attractor(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attractor"));
        command.args(arguments).current_dir(self.work()).env_clear();
        for kept in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
            .env("HOME", self.root.path().join("home"))
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn output(&self, arguments: &[&str]) -> Finished {
        Finished::of(
            self.attractor(arguments)
                .output()
                .expect("attractor starts"),
        )
    }

    /// Runs it to its end with a model in reach, which answers meanwhile.
    pub(crate) async fn with_model(&self, model: &ScriptedServer, arguments: &[&str]) -> Finished {
        let mut command = self.attractor(arguments);
        for provider in ["ANTHROPIC", "GEMINI", "OPENAI"] {
            command.env(format!("{provider}_API_KEY"), "sk-secret-value");
            command.env(format!("{provider}_BASE_URL"), model.base_url());
        }
        Finished::while_others_work(command).await
    }

    /// `attractor run FILE --logs … MORE` to its end.
    pub(crate) fn run(&self, pipeline: &str, more: &[&str]) -> Finished {
        let file = self.write("pipeline.dot", pipeline);
        let logs = self.logs();
        let mut arguments = vec!["run", text(&file), "--logs", text(&logs)];
        arguments.extend(more);
        self.output(&arguments)
    }

    /// A file of the run directory.
    pub(crate) fn log(&self, name: &str) -> String {
        let path = self.logs().join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The journal.
    pub(crate) fn journal(&self) -> Vec<Value> {
        json_lines(&self.log("events.jsonl"))
    }
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn of(output: Output) -> Finished {
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs a command to its end without standing in the way of what answers it.
    pub(crate) async fn while_others_work(mut command: Command) -> Finished {
        let output = tokio::task::spawn_blocking(move || command.output());
        Finished::of(output.await.expect("it ran").expect("attractor starts"))
    }

    /// Fails with everything the command said unless it exited with `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Finished {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless standard error has all of these texts.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Finished {
        for text in texts {
            assert!(
                self.stderr.contains(text),
                "no {text:?} in:\n{}",
                self.stderr
            );
        }
        self
    }
}

/// The JSON value of each line.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The events' names, in order.
pub(crate) fn names(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .filter_map(|entry| entry["event"].as_str())
        .collect()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

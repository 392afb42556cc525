//! Steps of a run at which it stops until it's told to go on: calls of git, and a node of its pipeline.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;

/// `at STEP`: tells that a run has come to the step and waits, if it's one at which a run is to stop
/// and the run hasn't stopped anywhere before.
const AT: &str = r#"
at() {
    run=${ATTRACTOR_RUN_ID:-none}
    [ -e "$S/step/$1" ] && [ ! -e "$S/taken/$run" ] || return 0
    mv "$S/step/$1" "$S/taken/$run" 2>/dev/null || return 0
    mkfifo "$S/go.$$"
    echo "$1 $run $$" >"$S/reached"
    read -r _ <"$S/go.$$"
}
"#;

/// git, with a step before, in the middle of and after what takes time.
const GIT: &str = r#"
case " $* " in
*" clone "*) call=clone ;;
*" push "*) call=push ;;
*) exec "$GIT" "$@" ;;
esac
at before-$call
"$GIT" "$@"
code=$?
echo "$call $ATTRACTOR_RUN_ID" >>"$S/calls"
at after-$call
exit $code
"#;

/// A run that has come to a step and waits there.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    pub(super) step: String,
    pub(super) run: String,
    /// The process that waits.
    pub(super) pid: i32,
}

/// Steps at which one run each stops; no run stops twice.
#[derive(Debug)]
pub(super) struct Steps {
    directory: PathBuf,
    reached: BufReader<pipe::Receiver>,
}

impl Steps {
    pub(super) fn new(root: &Path) -> Self {
        let directory = root.join("steps");
        for name in ["bin", "step", "taken"] {
            std::fs::create_dir_all(directory.join(name)).unwrap();
        }
        let place = directory.display();
        let at = format!("S='{place}'\n{AT}");
        std::fs::write(directory.join("at.sh"), &at).unwrap();
        let git = format!("#!/bin/sh\nGIT='{}'\n{at}{GIT}", which_git());
        let program = directory.join("bin/git");
        std::fs::write(&program, git).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let pipe = directory.join("reached");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // Open for writing, too: it isn't at its end when nobody tells anything.
        let mut options = pipe::OpenOptions::new();
        let reached = options.read_write(true).open_receiver(&pipe).unwrap();
        Self {
            directory,
            reached: BufReader::new(reached),
        }
    }

    /// The directory with our git, to be found before the system's.
    pub(super) fn bin(&self) -> PathBuf {
        self.directory.join("bin")
    }

    /// What a tool's command begins with that has a step of this name.
    pub(super) fn command(&self, step: &str) -> String {
        format!(". {}/at.sh; at {step};", self.directory.display())
    }

    /// The next run that comes to this step is to stop there.
    pub(super) fn stop_at(&self, step: &str) {
        std::fs::write(self.directory.join("step").join(step), "").unwrap();
    }

    /// Waits until a run has come to a step.
    pub(super) async fn next(&mut self) -> Reached {
        let mut line = String::new();
        self.reached.read_line(&mut line).await.unwrap();
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut word = || words.next().unwrap();
        Reached {
            step: word(),
            run: word(),
            pid: word().parse().unwrap(),
        }
    }

    /// Lets a run go on.
    pub(super) fn go_on(&self, reached: &Reached) {
        let pipe = self.directory.join(format!("go.{}", reached.pid));
        // Opens as soon as the process that waits has.
        let mut pipe = std::fs::File::options().write(true).open(pipe).unwrap();
        pipe.write_all(b"\n").unwrap();
    }

    /// How often git has come to the end of a call for a run.
    pub(super) fn calls(&self, call: &str, run: &str) -> usize {
        let calls = std::fs::read_to_string(self.directory.join("calls")).unwrap_or_default();
        let wanted = format!("{call} {run}");
        calls.lines().filter(|line| *line == wanted).count()
    }
}

fn which_git() -> String {
    let found = Command::new("sh").args(["-c", "command -v git"]).output();
    let path = String::from_utf8(found.unwrap().stdout).unwrap();
    path.trim().to_owned()
}

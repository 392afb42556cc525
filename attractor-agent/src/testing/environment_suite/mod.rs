//! What every [`ExecutionEnvironment`] must satisfy, as far as it declares that it can do it.
//!
//! ```
//! use attractor_agent::{LocalEnvironment, testing::environment_suite::Suite};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let directory = std::env::temp_dir().join(format!("suite-{}", std::process::id()));
//! std::fs::create_dir_all(&directory)?;
//! let environment = LocalEnvironment::new(&directory)?;
//! let violations = Suite::new(&environment).run().await;
//! assert!(violations.is_empty(), "{violations:#?}");
//! std::fs::remove_dir_all(&directory)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod commands;
mod files;
mod running;
mod search;

use std::{fmt::Debug, time::Duration};

use futures::future::BoxFuture;

use crate::{
    Error, ErrorKind,
    environment::{ExecCommand, ExecResult, ExecutionEnvironment},
};

/// Longest that a command of the suite may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The checks, and what the environment at hand can do.
///
/// The working directory should be empty; checks leave their files there.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Suite<'a> {
    subject: Subject<'a>,
    writes: bool,
    commands: bool,
    running_commands: bool,
}

impl<'a> Suite<'a> {
    /// All checks of this environment.
    pub fn new(environment: &'a dyn ExecutionEnvironment) -> Self {
        Self {
            subject: Subject {
                environment,
                writer: environment,
            },
            writes: true,
            commands: true,
            running_commands: true,
        }
    }

    /// The environment changes no files, and must say so; `writer` prepares them in the same
    /// place.
    pub fn read_only(mut self, writer: &'a dyn ExecutionEnvironment) -> Self {
        self.subject.writer = writer;
        self.writes = false;
        self
    }

    /// The environment runs no commands, and must say so.
    pub fn without_commands(mut self) -> Self {
        self.commands = false;
        self.without_running_commands()
    }

    /// The environment keeps no command running between calls, and must say so.
    pub fn without_running_commands(mut self) -> Self {
        self.running_commands = false;
        self
    }

    /// What is violated, by name.
    pub async fn run(self) -> Vec<String> {
        let mut violations = Vec::new();
        for (name, needs, check) in CHECKS {
            if !self.has(*needs) {
                continue;
            }
            if let Err(problem) = check(self.subject).await {
                violations.push(format!("{name}: {problem}"));
            }
        }
        violations
    }

    fn has(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Writes => self.writes,
            Needs::NoWrites => !self.writes,
            Needs::Commands => self.commands,
            Needs::NoCommands => !self.commands,
            Needs::WritesAndCommands => self.writes && self.commands,
            Needs::RunningCommands => self.running_commands,
            Needs::NoRunningCommands => !self.running_commands,
        }
    }
}

/// Runs every check; what is violated, by name. As [`Suite::run`] for an environment that can do
/// everything.
pub async fn run(environment: &dyn ExecutionEnvironment) -> Vec<String> {
    Suite::new(environment).run().await
}

/// The environment under test, and the one that prepares its files.
#[derive(Debug, Clone, Copy)]
struct Subject<'a> {
    environment: &'a dyn ExecutionEnvironment,
    writer: &'a dyn ExecutionEnvironment,
}

impl Subject<'_> {
    async fn write(self, path: &str, content: &[u8]) -> Result<(), String> {
        self.writer.write_file(path, content).await.map_err(failed)
    }
}

/// What an environment must be able to do for a check to make sense.
#[derive(Debug, Clone, Copy)]
enum Needs {
    Nothing,
    Writes,
    NoWrites,
    Commands,
    NoCommands,
    WritesAndCommands,
    RunningCommands,
    NoRunningCommands,
}

type Check = for<'a> fn(Subject<'a>) -> BoxFuture<'a, Result<(), String>>;

macro_rules! checks {
    ($($name:literal, $needs:ident, $check:path;)*) => {
        &[$(($name, Needs::$needs, |subject| Box::pin($check(subject)))),*]
    };
}

const CHECKS: &[(&str, Needs, Check)] = checks![
    "the working directory is absolute and exists", Nothing, files::working_directory;
    "a written file is read back byte for byte", Nothing, files::round_trip;
    "missing parent directories are created", Nothing, files::parents;
    "a missing file is NotFound, a directory is no file", Nothing, files::wrong_paths;
    "a directory is neither overwritten nor removed", Writes, files::directories_stay;
    "a removed file is gone", Writes, files::removal;
    "a renamed file is where it was to go", Writes, files::renaming;
    "a listing has names, kinds and sizes, sorted", Nothing, files::listing;
    "a file has one canonical path", Nothing, files::canonical;
    "links are resolved and read through", Commands, files::links;
    "links are written through and removed", WritesAndCommands, files::links_are_written_through;
    "the scratch directory takes files", Nothing, files::scratch;
    "what may not be changed isn't", NoWrites, files::refusal;
    "lines are found, in order, and what is ignored isn't", Nothing, search::contents;
    "a search follows its options and stops at its limit", Nothing, search::options;
    "files are found by name", Nothing, search::names;
    "the newest file comes first", Nothing, search::newest;
    "a search that can't be made says why", Nothing, search::wrong_searches;
    "commands and files see the same working directory", Commands, commands::same_directory;
    "stdout, stderr and the exit code are told apart", Commands, commands::streams;
    "standard input is empty", Commands, commands::empty_input;
    "variables of the call reach the command", Commands, commands::variables;
    "output is streamed while the command runs", Commands, commands::streaming;
    "a background child doesn't delay the result", Commands, commands::background;
    "a timeout ends the command and keeps its output", Commands, commands::timeout;
    "a cancel ends the command at once", Commands, commands::cancel;
    "a cancelled command may clean up", Commands, commands::cancel_politely;
    "a cancelled command that doesn't want to end is ended", Commands, commands::cancel_rudely;
    "commands are refused", NoCommands, commands::refusal;
    "a command is talked to line by line", RunningCommands, running::conversation;
    "waiting for a command may end before it does", RunningCommands, running::waiting;
    "a command that doesn't want to end is ended", RunningCommands, running::termination;
    "a command that nobody holds is ended with its children", RunningCommands, running::dropping;
    "a cancel ends a command that is talked to", RunningCommands, running::cancelling;
    "a command that floods is never blocked", RunningCommands, running::flood;
    "a command has a terminal where it asks for one", RunningCommands, running::terminal;
    "commands that are talked to are refused", NoRunningCommands, commands::no_running;
];

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn failed(error: Error) -> String {
    format!("{:?}: {error}", error.kind())
}

/// Of what kind an error is; nothing where there is none.
fn kind_of<T: Debug>(result: Result<T, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

async fn exec(
    environment: &dyn ExecutionEnvironment,
    command: ExecCommand,
) -> Result<ExecResult, String> {
    environment.exec_command(command).await.map_err(failed)
}

async fn stdout(environment: &dyn ExecutionEnvironment, command: &str) -> Result<String, String> {
    let result = exec(environment, ExecCommand::new(command, TIMEOUT)).await?;
    ensure(result.success(), || format!("{command}: {result:?}"))?;
    Ok(result.stdout.text())
}

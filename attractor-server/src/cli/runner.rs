//! `attractor runner`: what `attractor serve` starts for each run.

use std::io::BufRead as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::runner_api::RunnerAccess;
use crate::{Error, console, env, execute, report};

/// Execute one attempt at one run of a control plane: what `attractor serve` starts by itself.
#[derive(Args, Debug)]
pub(super) struct RunnerArgs {
    #[command(subcommand)]
    command: Option<RunnerCommand>,
    /// Read the control plane's address and the run's token from standard input: one line of JSON.
    #[arg(long)]
    stdin: bool,
    /// Where the run's files are [default: a temporary directory].
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Call no model: agent nodes answer with a line that says so.
    #[arg(long)]
    simulate: bool,
}

#[derive(Debug, Subcommand)]
enum RunnerCommand {
    /// Answer git, as its credential helper.
    Credential {
        /// What git wants: `get`; anything else is ignored.
        operation: String,
    },
}

pub(super) fn execute(args: RunnerArgs) -> Exit {
    let done = match args.command {
        Some(RunnerCommand::Credential { operation }) => credential(&operation),
        None => runner(args),
    };
    report::or_show(false, done)
}

fn runner(args: RunnerArgs) -> Result<Exit, Error> {
    let access = if args.stdin {
        from_stdin()?
    } else {
        from_env()?
    };
    if !access.url.starts_with("http://") {
        let text = "the control plane's address must begin with http://";
        let hint =
            "the runner API is for one machine or one cluster's inside, see docs/runner-api.md";
        return Err(Error::misuse(text).hint(hint));
    }
    let temporary = tempfile::tempdir()
        .map_err(|error| Error::misuse(format!("can't make a temporary directory: {error}")))?;
    let asked = args
        .directory
        .or(access.directory.clone().map(PathBuf::from));
    let options = execute::Options {
        directory: asked.unwrap_or_else(|| temporary.path().to_owned()),
        simulate: args.simulate,
    };
    report::block_on(async { Ok(execute::execute(&access, &options).await) })
}

fn credential(operation: &str) -> Result<Exit, Error> {
    if operation != "get" {
        return Ok(Exit::Success);
    }
    let access = from_env()?;
    let host = env::runner_git_host().unwrap_or_default();
    let answer = report::block_on(async {
        let answer = execute::answer_git(std::io::stdin().lock(), &host, &access).await;
        answer.map_err(Error::failure)
    })?;
    if !answer.is_empty() {
        console::out(answer);
    }
    Ok(Exit::Success)
}

fn from_stdin() -> Result<RunnerAccess, Error> {
    let mut line = String::new();
    let unreadable = |error: &dyn std::fmt::Display| {
        // The line has a token in it.
        Error::misuse(format!(
            "standard input isn't one line of JSON with `url` and `token`: {error}"
        ))
    };
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| unreadable(&error))?;
    serde_json::from_str(&line).map_err(|error| unreadable(&error))
}

fn from_env() -> Result<RunnerAccess, Error> {
    env::runner_access().ok_or_else(|| {
        Error::misuse(
            "no run to execute: ATTRACTOR_RUNNER_URL and ATTRACTOR_RUNNER_TOKEN aren't set",
        )
        .hint(
            "`attractor serve` starts runners by itself; `attractor run` executes a pipeline here",
        )
    })
}

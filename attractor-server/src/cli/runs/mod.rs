//! `attractor runs list|start|show|watch|answer|questions|…`.

mod answer;
mod control;
mod download;
mod event;
mod list;
mod picture;
mod start;
mod watch;

use clap::{Args, Subcommand};

use super::remote::confirm::ConfirmArgs;
use super::remote::{ProjectArg, RemoteArgs, carry_out};
use crate::Error;
use crate::client::Remote;
use crate::exit::Exit;

/// Runs of a server. A run is named by its id, or by six or more characters that the id begins with.
#[derive(Args, Debug)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    command: RunsCommand,
    #[command(flatten)]
    project: ProjectArg,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// List the newest runs.
    List(list::ListArgs),
    /// Start a run of an attractor.
    Start(start::StartArgs),
    /// Show a run.
    Show(RunArg),
    /// Follow a run as it happens, from its beginning to its end.
    ///
    /// Exits with 0 when the run succeeded, with 1 when it failed, was cancelled or ran out of time, and
    /// with 3 when it's paused. If the server is away for a while, for a restart, the watch goes on after it.
    Watch(watch::WatchArgs),
    /// Answer a question of a run.
    Answer(answer::AnswerArgs),
    /// List the questions of a run, or those of all runs that wait for an answer.
    Questions {
        /// The run.
        run: Option<String>,
    },
    /// Stop a run for good.
    Cancel(RunArg),
    /// Let a run stop after what it's doing; it can go on later.
    Pause(RunArg),
    /// Let a run go on that is paused, has failed or ran out of time.
    Resume(RunArg),
    /// Repeat a run, from a node on or from the beginning.
    Rerun(start::RerunArgs),
    /// List the files that a run has left.
    Artifacts(RunArg),
    /// Download a file that a run has left, or all of them.
    Download(download::DownloadArgs),
    /// Say for each hop of a run which edge was taken, by which rule, and why not the others.
    Explain {
        #[command(flatten)]
        run: RunArg,
        /// Only the hops from and to this node.
        node: Option<String>,
    },
    /// Print a picture of a run's pipeline, with the state of each node.
    Graph(picture::GraphArgs),
    /// Delete a run that is over, with its events and artifacts.
    Delete {
        #[command(flatten)]
        run: RunArg,
        #[command(flatten)]
        confirm: ConfirmArgs,
    },
}

#[derive(Args, Debug)]
struct RunArg {
    /// The run.
    run: String,
}

/// A server, which of its projects, and how answers are shown.
#[derive(Clone, Copy)]
struct Place<'a> {
    remote: &'a Remote,
    project: Option<&'a str>,
    json: bool,
}

pub(super) fn execute(args: RunsArgs) -> Exit {
    carry_out(&args.remote, async |remote| {
        let place = Place {
            remote,
            project: args.project.project.as_deref(),
            json: args.remote.json,
        };
        act(&place, args.command).await
    })
}

async fn act(place: &Place<'_>, command: RunsCommand) -> Result<Exit, Error> {
    match command {
        RunsCommand::List(args) => list::list(place, &args).await?,
        RunsCommand::Start(args) => return start::start(place, args).await,
        RunsCommand::Show(arg) => list::show(place, &arg.run).await?,
        RunsCommand::Watch(args) => return watch::watch(place, &args).await,
        RunsCommand::Answer(args) => answer::answer(place, &args).await?,
        RunsCommand::Questions { run } => answer::list(place, run.as_deref()).await?,
        RunsCommand::Cancel(arg) => control::cancel(place, &arg.run).await?,
        RunsCommand::Pause(arg) => control::pause(place, &arg.run).await?,
        RunsCommand::Resume(arg) => control::resume(place, &arg.run).await?,
        RunsCommand::Rerun(args) => return start::rerun(place, args).await,
        RunsCommand::Artifacts(arg) => download::list(place, &arg.run).await?,
        RunsCommand::Download(args) => download::download(place, &args).await?,
        RunsCommand::Explain { run, node } => {
            picture::explain(place, &run.run, node.as_deref()).await?;
        }
        RunsCommand::Graph(args) => picture::graph(place, &args).await?,
        RunsCommand::Delete { run, confirm } => control::delete(place, &run.run, confirm).await?,
    }
    Ok(Exit::Success)
}

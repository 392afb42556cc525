//! The command line: what may be typed, and which function answers it.

#[cfg(feature = "serve")]
mod attractor;
mod budget;
mod completions;
mod demo;
mod explain;
mod fmt;
mod fork;
mod graph;
mod migrate;
#[cfg(feature = "serve")]
mod place;
#[cfg(feature = "serve")]
mod project;
#[cfg(feature = "serve")]
mod remote;
mod resume;
mod rewind;
mod rewrite;
mod run;
#[cfg(feature = "serve")]
mod runner;
#[cfg(feature = "serve")]
mod runs;
#[cfg(feature = "serve")]
mod secret;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "serve")]
mod token;
mod validate;
mod value;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

pub(crate) use self::budget::BudgetArgs;
use crate::allowed_host::AllowedHost;
use crate::answers::AnswerArgs;
use crate::exit::Exit;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Cyan.on_default().bold())
    .usage(AnsiColor::Cyan.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Green.on_default());

const AFTER_HELP: &str = "\
Examples:
  attractor demo                          see a whole run, no key needed
  attractor validate pipeline.dot         check a pipeline
  attractor run pipeline.dot              run it in the current directory
  attractor run pipeline.dot --simulate   walk it without a model
  attractor resume RUN_DIR                continue an interrupted or failed run
  attractor explain RUN_DIR               why it went the way it went
  attractor rewind RUN_DIR NODE           back to before that node; resume goes on there
  attractor serve                         a factory on this machine, for many projects
  attractor runs start build --watch      a run of it, as it happens

Environment:
  ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY
                       the providers' keys; those of compatible services work, too
  ANTHROPIC_BASE_URL, OPENAI_BASE_URL, GEMINI_BASE_URL
                       other addresses that speak their protocols
  ATTRACTOR_MODEL      the default of --model
  ATTRACTOR_SERVER     the server that project, secret, attractor and runs ask
  ATTRACTOR_TOKEN      what signs in there
  XDG_STATE_HOME       where run directories go (default: ~/.local/state)

Exit codes: 0 success, 1 failed run or invalid pipeline, 2 misuse,
  3 run paused at one of its limits, 130 interrupt, 143 termination.";

/// Run pipelines of coding agents written as Graphviz DOT graphs.
#[derive(Debug, Parser)]
#[command(name = "attractor", version, after_help = AFTER_HELP, styles = STYLES)]
#[command(arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a pipeline: parse, transform, validate, walk the graph.
    Run(run::RunArgs),
    /// Continue a run that was interrupted or failed, without redoing what succeeded.
    Resume(resume::ResumeArgs),
    /// Check pipelines and show what is wrong, where, and how to fix it.
    Validate(validate::ValidateArgs),
    /// Write pipelines in their canonical form; comments and order stay.
    Fmt(fmt::FmtArgs),
    /// Write pipelines in the specification's spelling; all else stays.
    Migrate(migrate::MigrateArgs),
    /// Say for each hop of a run which edge was taken, by which rule, and why not the others.
    Explain(explain::ExplainArgs),
    /// Put a run back to before a node, with its files in git mode; `resume` goes on from there.
    Rewind(rewind::RewindArgs),
    /// Copy a run up to before a node, with its files in git mode.
    Fork(fork::ForkArgs),
    /// Print a pipeline as a picture, coloured by what happened in a run of it.
    Graph(graph::GraphArgs),
    /// Fix a failing test in a small repository, with a scripted model.
    Demo(demo::DemoArgs),
    /// Execute one attempt at one run of a control plane: what `attractor serve` starts by itself.
    #[cfg(feature = "serve")]
    #[command(hide = true)]
    Runner(runner::RunnerArgs),
    /// Serve the control plane: projects, attractors and runs over HTTP, on this machine.
    #[cfg(feature = "serve")]
    Serve(serve::ServeArgs),
    /// Create, list and revoke the tokens of a server on this machine.
    #[cfg(feature = "serve")]
    Token(token::TokenArgs),
    /// List, create, change and delete the projects of a server.
    #[cfg(feature = "serve")]
    Project(project::ProjectArgs),
    /// Write and delete the secrets of a server's project.
    #[cfg(feature = "serve")]
    Secret(secret::SecretArgs),
    /// Push, pull and compare the pipelines that a server keeps.
    #[cfg(feature = "serve")]
    Attractor(attractor::AttractorArgs),
    /// Start, watch, answer and stop the runs of a server.
    #[cfg(feature = "serve")]
    Runs(runs::RunsArgs),
    /// Print a completion script for a shell.
    Completions(completions::CompletionsArgs),
}

/// How a command that walks a graph reports what happens.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct OutputArgs {
    /// Print one JSON event a line on standard output.
    #[arg(long, help_heading = "Options")]
    pub(crate) json: bool,
}

/// Limits and answers that may be given to a new run and to a resumed one.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ControlArgs {
    /// Answer every human gate with yes or its first option.
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Let agents fetch pages from this host, such as docs.rs or *.python.org; may be repeated.
    #[arg(long = "allow-host", value_name = "HOST")]
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
}

impl Cli {
    /// Carries out the command and says how the process should end.
    pub fn execute(self) -> Exit {
        match self.command {
            Command::Run(args) => run::execute(args),
            Command::Resume(args) => resume::execute(args),
            Command::Validate(args) => validate::execute(&args),
            Command::Fmt(args) => fmt::execute(&args),
            Command::Migrate(args) => migrate::execute(&args),
            Command::Explain(args) => explain::execute(&args),
            Command::Rewind(args) => rewind::execute(&args),
            Command::Fork(args) => fork::execute(&args),
            Command::Graph(args) => graph::execute(&args),
            Command::Demo(args) => demo::execute(args),
            #[cfg(feature = "serve")]
            Command::Runner(args) => runner::execute(args),
            #[cfg(feature = "serve")]
            Command::Serve(args) => serve::execute(args),
            #[cfg(feature = "serve")]
            Command::Token(args) => token::execute(args),
            #[cfg(feature = "serve")]
            Command::Project(args) => project::execute(args),
            #[cfg(feature = "serve")]
            Command::Secret(args) => secret::execute(args),
            #[cfg(feature = "serve")]
            Command::Attractor(args) => attractor::execute(args),
            #[cfg(feature = "serve")]
            Command::Runs(args) => runs::execute(args),
            Command::Completions(args) => completions::execute(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}

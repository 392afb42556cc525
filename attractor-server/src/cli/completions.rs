//! `attractor completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;
use crate::console;
use crate::exit::Exit;

/// Print a completion script for a shell.
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell to complete for.
    shell: Shell,
}

pub(super) fn execute(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "attractor", &mut script);
    console::out_raw(&String::from_utf8_lossy(&script));
    Exit::Success
}

//! The command `attractor`.

use std::process::ExitCode;

use attractor_server::cli::Cli;
use clap::Parser as _;

fn main() -> ExitCode {
    Cli::parse().execute().into()
}

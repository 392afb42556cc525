//! The command `attractor`.

use std::process::ExitCode;

use attractor_server::cli::Cli;
use clap::Parser as _;

fn main() -> ExitCode {
    keep_the_environment_private();
    Cli::parse().execute().into()
}

/// Keeps the commands of agents, which run as the same user, from reading the keys in this
/// process's environment through `/proc`. Nothing depends on it, so that it fails is no error.
fn keep_the_environment_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

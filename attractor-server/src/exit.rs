//! How the process ends.

use std::process::ExitCode;

/// The exit codes of `attractor`, each with the promise behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Exit {
    /// 0: the command did what it was asked to do.
    Success,
    /// 1: the run failed, or a pipeline is invalid.
    Failure,
    /// 2: the command could not start as it was typed or set up.
    Misuse,
    /// 3: the run was paused at one of its limits; with a higher one, `resume` goes on.
    Paused,
    /// 130: the user interrupted it (Ctrl-C).
    Interrupted,
    /// 143: the process was asked to terminate (SIGTERM).
    Terminated,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Misuse => 2,
            Exit::Paused => 3,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

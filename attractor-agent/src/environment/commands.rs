//! Commands: the part of an environment that runs programs.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{CapturedOutput, ExecCommand, ExecResult};
use crate::error::{Error, ErrorKind};

/// The commands of an environment (coding-agent-loop-spec 4.1, "Command execution").
#[async_trait]
pub trait CommandExecution: Debug + Send + Sync + 'static {
    /// Runs a shell command to its end.
    ///
    /// # Behavior
    /// - Standard input is empty.
    /// - Returns when the command itself has exited, even if a child of it keeps running with the
    ///   output open.
    /// - On the timeout and on a cancel ends the command and its children and returns what was
    ///   written so far, with `timed_out` or `cancelled` set; a failed command is not an error.
    /// - Ending is a polite signal and, to what still runs two seconds or
    ///   [`ExecCommand::cancel_grace`] later, the other one.
    /// - An error means that the command could not be started or observed; `Unsupported` that the
    ///   environment runs none.
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error>;

    /// Starts a shell command that is talked to while it runs.
    ///
    /// # Behavior
    /// - Standard input stays open until it is closed or the command ends.
    /// - [`ExecCommand::terminal`] asks for a pseudo-terminal in place of pipes.
    /// - The timeout doesn't apply: the command runs until it exits, is terminated, is cancelled,
    ///   or its last handle is dropped.
    /// - `Unsupported` unless the environment says otherwise.
    async fn start_command(&self, _command: ExecCommand) -> Result<Arc<dyn RunningCommand>, Error> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "this environment can't keep a command running between calls; use a command that ends",
        ))
    }
}

const _: Option<&dyn CommandExecution> = None;

/// A command that runs between calls: it is written to, read from, waited for and ended.
///
/// Dropping the last handle ends the command with all its children.
#[async_trait]
pub trait RunningCommand: Debug + Send + Sync + 'static {
    /// Writes to the command's standard input, or types on its terminal.
    ///
    /// # Behavior
    /// - `Closed` once the command has exited or its input was closed.
    async fn write_input(&self, bytes: &[u8]) -> Result<(), Error>;

    /// Ends the standard input: the command reads an end of file. On a terminal, types Ctrl-D.
    async fn close_input(&self) -> Result<(), Error>;

    /// What the command wrote since the last call, standard output and standard error together as
    /// they came; empty where nothing did.
    ///
    /// # Behavior
    /// - Doesn't wait.
    /// - Keeps head and tail of what is too much for memory.
    async fn take_output(&self) -> Result<CapturedOutput, Error>;

    /// Waits at most this long for the command to exit; its exit code (128 + n where signal n
    /// ended it), or nothing if it still runs.
    ///
    /// # Behavior
    /// - When it has returned an exit code, all that the command wrote can be taken.
    async fn wait(&self, timeout: Duration) -> Result<Option<i32>, Error>;

    /// Interrupts what the command is doing, as Ctrl-C does.
    async fn interrupt(&self) -> Result<(), Error>;

    /// Ends the command and its children: a polite signal, two seconds, then the other one. Does
    /// nothing if it has exited and left nothing running.
    async fn terminate(&self) -> Result<(), Error>;
}

const _: Option<&dyn RunningCommand> = None;

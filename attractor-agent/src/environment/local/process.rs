//! One command: own session, empty standard input, timeout, cancel, output.

use std::{
    convert::Infallible,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    process::{Child, ChildStderr, ChildStdout, Command},
    time::{Instant, timeout},
};

use super::{
    LocalEnvironment, env_filter,
    group::{Group, exit_code, group_exists, kill_group, own_session, terminate_group, until_gone},
    pipe,
    spill::Capture,
};
use crate::{
    env,
    environment::{CommandExecution, ExecCommand, ExecResult, OutputStream, RunningCommand},
    error::Error,
    limits,
};

#[async_trait]
impl CommandExecution for LocalEnvironment {
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error> {
        run(self, command).await
    }

    #[cfg(unix)]
    async fn start_command(&self, command: ExecCommand) -> Result<Arc<dyn RunningCommand>, Error> {
        Ok(Arc::new(super::running::start(self, &command)?))
    }
}

async fn run(environment: &LocalEnvironment, command: ExecCommand) -> Result<ExecResult, Error> {
    let started = Instant::now();
    let mut running = Running::start(environment, &command)?;
    let end = running.watch(&command, started + command.timeout).await;
    let timed_out = matches!(end, End::TimedOut);
    let cancelled = matches!(end, End::Cancelled);
    let status = match end {
        End::Exited(status) => {
            Some(status.map_err(|error| Error::io("wait for the command", error))?)
        }
        End::TimedOut => running.end(&command, limits::TIMEOUT_GRACE).await,
        End::Cancelled => running.end(&command, command.cancel_grace).await,
    };
    running.drain(&command).await;
    running.group.disarm();
    if group_exists(running.group.id) {
        environment.remember_background(running.group.id);
    }
    Ok(ExecResult {
        stdout: running.out.output,
        stderr: running.err.output,
        exit_code: exit_code(status),
        timed_out,
        cancelled,
        duration: started.elapsed(),
    })
}

#[derive(Debug)]
enum End {
    Exited(io::Result<ExitStatus>),
    TimedOut,
    Cancelled,
}

#[derive(Debug)]
struct Running {
    child: Child,
    group: Group,
    pipes: (ChildStdout, ChildStderr),
    out: Capture,
    err: Capture,
}

impl Running {
    fn start(environment: &LocalEnvironment, command: &ExecCommand) -> Result<Self, Error> {
        let mut child = prepare(environment, command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Error::io(&start_context(environment, command), error))?;
        let gone = || io::Error::other("the process has no output pipe or id");
        let start = "start the command";
        let id = child.id().ok_or_else(|| Error::io(start, gone()))?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| Error::io(start, gone()))?;
        let stderr = child
            .stderr
            .take()
            .ok_or_else(|| Error::io(start, gone()))?;
        Ok(Self {
            child,
            group: Group::new(id),
            pipes: (stdout, stderr),
            out: Capture::new(OutputStream::Stdout, spill_path(environment, "stdout")),
            err: Capture::new(OutputStream::Stderr, spill_path(environment, "stderr")),
        })
    }

    /// Reads output until the command exits, its time is up or it is cancelled.
    async fn watch(&mut self, command: &ExecCommand, deadline: Instant) -> End {
        let Self {
            child,
            pipes,
            out,
            err,
            ..
        } = self;
        let output = async {
            tokio::join!(
                out.pump(&mut pipes.0, &command.output),
                err.pump(&mut pipes.1, &command.output)
            );
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            status = child.wait() => End::Exited(status),
            () = command.cancel.cancelled() => End::Cancelled,
            () = tokio::time::sleep_until(deadline) => End::TimedOut,
            never = output => match never {},
        }
    }

    /// SIGTERM, a moment to clean up, SIGKILL; to the whole group.
    async fn end(&mut self, command: &ExecCommand, grace: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + grace;
        terminate_group(self.group.id);
        let exited = self.exit_within(command, grace).await;
        // The shell may be gone before its children have cleaned up.
        until_gone(self.group.id, deadline).await;
        kill_group(self.group.id);
        match exited {
            Some(status) => Some(status),
            None => self.exit_within(command, limits::REAP_GRACE).await,
        }
    }

    async fn exit_within(&mut self, command: &ExecCommand, time: Duration) -> Option<ExitStatus> {
        let never = ExecCommand::new("", time).output(command.output.clone());
        match self.watch(&never, Instant::now() + time).await {
            End::Exited(status) => status.ok(),
            End::TimedOut | End::Cancelled => None,
        }
    }

    /// Reads what is already in the pipes; a child that keeps them open isn't waited for.
    async fn drain(&mut self, command: &ExecCommand) {
        let Self {
            pipes, out, err, ..
        } = self;
        let rest = async {
            tokio::join!(
                out.pump(&mut pipes.0, &command.output),
                err.pump(&mut pipes.1, &command.output)
            )
        };
        // Elapsed is the normal case for `server & echo started`.
        if timeout(limits::OUTPUT_GRACE, rest).await.is_err() {
            pipe::read_what_is_there(&pipes.0, |chunk| out.take(chunk, &command.output));
            pipe::read_what_is_there(&pipes.1, |chunk| err.take(chunk, &command.output));
        }
    }
}

/// The shell with the command in its place, without its streams.
pub(super) fn prepare(environment: &LocalEnvironment, command: &ExecCommand) -> Command {
    #[cfg(target_os = "linux")]
    super::ignored::let_commands_be_interrupted();
    let directory = match &command.working_dir {
        Some(directory) => environment.resolve(directory),
        None => environment.working_directory.clone(),
    };
    let mut process = Command::new(&environment.shell);
    process
        .arg("-c")
        .arg(&command.command)
        .env_clear()
        .envs(env_filter::filter(env::variables(), environment.policy))
        // Without a terminal a question from git would only fail later and less clearly.
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("PWD", &directory)
        .envs(&command.variables)
        .current_dir(directory)
        .kill_on_drop(true);
    own_session(&mut process);
    process
}

pub(super) fn start_context(environment: &LocalEnvironment, command: &ExecCommand) -> String {
    let directory = command
        .working_dir
        .as_deref()
        .unwrap_or(&environment.working_directory_text);
    format!("start a shell in {directory}")
}

fn spill_path(environment: &LocalEnvironment, stream: &str) -> Option<PathBuf> {
    let directory = environment.scratch().ok()?;
    Some(directory.join(format!("{stream}-{:016x}.log", rand::random::<u64>())))
}

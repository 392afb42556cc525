//! One command: own session, empty standard input, timeout, cancel, output.

use std::{
    convert::Infallible,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    process::{Child, ChildStderr, ChildStdout, Command},
    time::{Instant, timeout},
};

use super::{LocalEnvironment, env_filter, spill::Capture};
use crate::{
    env,
    environment::{CommandExecution, ExecCommand, ExecResult, OutputStream},
    error::Error,
    limits,
};

#[async_trait]
impl CommandExecution for LocalEnvironment {
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error> {
        run(self, command).await
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
        End::Cancelled => running.end(&command, limits::CANCEL_GRACE).await,
    };
    running.drain(&command).await;
    if running.group.disarm() && group_exists(running.group.id) {
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
            group: Group { id, armed: true },
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
        while group_exists(self.group.id) && Instant::now() < deadline {
            tokio::time::sleep(limits::GROUP_POLL).await;
        }
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
        let _ = timeout(limits::OUTPUT_GRACE, rest).await;
    }
}

fn prepare(environment: &LocalEnvironment, command: &ExecCommand) -> Command {
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
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    own_session(&mut process);
    process
}

fn start_context(environment: &LocalEnvironment, command: &ExecCommand) -> String {
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

/// Kills the group if the command's future is dropped before the command ended.
#[derive(Debug)]
struct Group {
    id: u32,
    armed: bool,
}

impl Group {
    fn disarm(&mut self) -> bool {
        std::mem::take(&mut self.armed)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.armed {
            kill_group(self.id);
        }
    }
}

/// A new session: children share its process group, and none has a terminal to ask questions on.
#[cfg(unix)]
fn own_session(process: &mut Command) {
    #[expect(
        unsafe_code,
        reason = "setsid is async-signal-safe and touches no memory of ours"
    )]
    unsafe {
        process.pre_exec(|| rustix::process::setsid().map(drop).map_err(io::Error::from));
    }
}

#[cfg(unix)]
fn signal_group(group: u32, signal: rustix::process::Signal) {
    let id = i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // The group may have ended by itself.
        let _ = rustix::process::kill_process_group(id, signal);
    }
}

#[cfg(unix)]
fn terminate_group(group: u32) {
    signal_group(group, rustix::process::Signal::TERM);
}

#[cfg(unix)]
pub(super) fn kill_group(group: u32) {
    signal_group(group, rustix::process::Signal::KILL);
}

#[cfg(unix)]
pub(super) fn group_exists(group: u32) -> bool {
    i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|id| rustix::process::test_kill_process_group(id).is_ok())
}

#[cfg(unix)]
fn exit_code(status: Option<ExitStatus>) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    const KILLED: i32 = 128 + 9;
    match status {
        Some(status) => status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal))
            .unwrap_or(KILLED),
        None => KILLED,
    }
}

// Elsewhere there are no process groups: only the command itself is ended, by `kill_on_drop`.
#[cfg(not(unix))]
fn own_session(_process: &mut Command) {}
#[cfg(not(unix))]
fn terminate_group(_group: u32) {}
#[cfg(not(unix))]
pub(super) fn kill_group(_group: u32) {}
#[cfg(not(unix))]
pub(super) fn group_exists(_group: u32) -> bool {
    false
}
#[cfg(not(unix))]
fn exit_code(status: Option<ExitStatus>) -> i32 {
    status.and_then(|status| status.code()).unwrap_or(1)
}

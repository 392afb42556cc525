//! A command in a process group of its own.

use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout};

use super::capture::{Capture, Decoder};
use super::environment::{Environment, Passed};
use super::left_over;
use crate::env;
use crate::handler::{ProgressSink, StageContext, StageProgress};
use crate::process::Group;
use crate::run::limits::{TOOL_DRAIN_MS, TOOL_GOAL_CHARACTERS, TOOL_KILL_GRACE_MS};
use crate::text::truncate;
use crate::{Error, ErrorKind};

/// A running command. Its whole group is killed when this is dropped before it has ended.
#[derive(Debug)]
pub(super) struct ToolProcess {
    child: Child,
    group: Group,
}

/// What a command left behind.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) ended: Ended,
    pub(super) stdout: Capture,
    pub(super) stderr: Capture,
}

/// How a command ended.
#[derive(Debug)]
pub(super) enum Ended {
    Exit(i32),
    Signal(i32),
    TimedOut(Duration),
    Cancelled,
}

impl ToolProcess {
    pub(super) fn spawn(
        command: &str,
        stage: &StageContext,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(command)
            .current_dir(stage.workdir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        shell.process_group(0);
        let mut inherited = env::names();
        inherited.retain(|name| !name.to_str().is_some_and(|it| variables.contains_key(it)));
        let environment = Environment::of(inherited, command, &Passed::by(stage));
        if let Some(message) = environment.warning() {
            stage.progress().send(StageProgress::Warning { message });
        }
        for name in &environment.removed {
            shell.env_remove(name);
        }
        let goal = truncate(&stage.graph().attrs().goal, TOOL_GOAL_CHARACTERS).replace('\0', "");
        shell
            .envs(variables)
            .env("ATTRACTOR_RUN_ID", stage.run_id())
            .env("ATTRACTOR_NODE_ID", stage.node().id().as_str())
            .env("ATTRACTOR_GOAL", goal)
            .env_remove("ATTRACTOR_LOGS_ROOT")
            .env_remove("ATTRACTOR_STAGE_DIR");
        if let (Some(root), Some(directory)) = (stage.logs_root(), stage.stage_dir()) {
            shell
                .env("ATTRACTOR_LOGS_ROOT", root)
                .env("ATTRACTOR_STAGE_DIR", directory);
        }
        let child = shell.spawn().map_err(|error| {
            Error::io(format!("run sh in {}", stage.workdir().display()), error)
        })?;
        let group = Group::of(&child);
        if let Some(directory) = stage.stage_dir() {
            left_over::keep(directory, child.id());
        }
        Ok(Self { child, group })
    }

    /// Waits for the end of the command, or brings it about when time is up or the stage is
    /// cancelled.
    pub(super) async fn finish(mut self, stage: &StageContext) -> Result<Finished, Error> {
        let (mut stdout, mut stderr) = (super::capture(), super::capture());
        let ended = self.supervise(stage, &mut stdout, &mut stderr).await?;
        Ok(Finished {
            ended,
            stdout,
            stderr,
        })
    }

    async fn supervise(
        &mut self,
        stage: &StageContext,
        stdout: &mut Capture,
        stderr: &mut Capture,
    ) -> Result<Ended, Error> {
        let call_id = stage.node().id().as_str();
        let streams = (self.child.stdout.take(), self.child.stderr.take());
        let read = async {
            tokio::join!(
                pump(streams.0, stdout, call_id, stage.progress()),
                pump(streams.1, stderr, call_id, stage.progress()),
            );
        };
        tokio::pin!(read);
        let mut reading = true;
        let limit = stage.node().timeout;
        let deadline = limit.map(|limit| Instant::now() + limit);
        let ended = loop {
            tokio::select! {
                biased;
                () = stage.cancel().cancelled() => {
                    self.kill().await;
                    break Ended::Cancelled;
                }
                () = until(deadline) => {
                    self.terminate(stage).await;
                    break Ended::TimedOut(limit.unwrap_or_default());
                }
                () = &mut read, if reading => reading = false,
                status = self.child.wait() => break ended(&status.map_err(lost)?),
            }
        };
        self.group.release();
        if reading {
            // What was written before the end is there at once. A child in the background may
            // keep the pipes open for ever.
            let _ = timeout(Duration::from_millis(TOOL_DRAIN_MS), read).await;
        }
        Ok(ended)
    }

    /// TERM to the group, and KILL to what is left of it after the grace.
    async fn terminate(&mut self, stage: &StageContext) {
        self.group.terminate();
        let grace = Duration::from_millis(TOOL_KILL_GRACE_MS);
        let gone = async {
            // The shell counts as a process of the group until it's reaped.
            let _ = self.child.wait().await;
            self.group.gone().await;
        };
        tokio::select! {
            () = stage.cancel().cancelled() => {}
            // What catches TERM gets KILL after the grace.
            _ = timeout(grace, gone) => {}
        }
        self.kill().await;
    }

    async fn kill(&mut self) {
        self.group.kill();
        // Reaps the shell; it can't fail in a way that anything could be done about.
        let _ = self.child.kill().await;
    }
}

/// Reads a stream to its end.
async fn pump(
    stream: Option<impl AsyncRead + Unpin>,
    capture: &mut Capture,
    call_id: &str,
    progress: &ProgressSink,
) {
    let Some(mut stream) = stream else { return };
    let mut decoder = Decoder::default();
    let mut block = vec![0; 16 * 1024];
    loop {
        match stream.read(&mut block).await {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                let bytes = block.get(..count).unwrap_or_default();
                capture.push(bytes);
                let text = decoder.decode(bytes);
                if !text.is_empty() {
                    let call_id = call_id.to_owned();
                    progress.send(StageProgress::ToolOutputDelta { call_id, text });
                }
            }
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn lost(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "wait for the command").with_source(error)
}

#[cfg(unix)]
fn ended(status: &ExitStatus) -> Ended {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Exit(code),
        (None, signal) => Ended::Signal(signal.unwrap_or_default()),
    }
}

#[cfg(not(unix))]
fn ended(status: &ExitStatus) -> Ended {
    Ended::Exit(status.code().unwrap_or(-1))
}

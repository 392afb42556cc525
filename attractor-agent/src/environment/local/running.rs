//! A command that is talked to while it runs.

use std::{
    io,
    os::fd::OwnedFd,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::AsyncWriteExt as _,
    net::unix::pipe::{Receiver, Sender},
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    LocalEnvironment,
    group::{Group, exit_code, interrupt_group, kill_group, terminate_group, until_gone},
    pipe, process, terminal,
};
use crate::{
    environment::{CapturedOutput, ExecCommand, OutputSink, OutputStream, RunningCommand},
    error::{Error, ErrorKind},
    limits,
};

/// What Ctrl-C and Ctrl-D type.
const INTERRUPT: &[u8] = b"\x03";
const END_OF_INPUT: &[u8] = b"\x04";

/// Starts a command; see [`start_command`](crate::CommandExecution::start_command).
pub(super) fn start(
    environment: &LocalEnvironment,
    command: &ExecCommand,
) -> Result<LocalCommand, Error> {
    let doing = process::start_context(environment, command);
    let started = spawn(environment, command).map_err(|error| Error::io(&doing, error))?;
    let (child, input, output) = started;
    let gone = || Error::io(&doing, io::Error::other("the process has no id"));
    let group = Group::new(child.id().ok_or_else(gone)?);
    environment.remember_background(group.id);
    let unread = Arc::<Mutex<CapturedOutput>>::default();
    let (exited, exit) = watch::channel(None);
    let attendant = Attendant {
        group: group.id,
        output,
        unread: Arc::clone(&unread),
        sink: command.output.clone(),
        cancel: command.cancel.clone(),
        cancel_grace: command.cancel_grace,
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(attendant.attend(child, exited));
    Ok(LocalCommand {
        terminal: command.terminal,
        input: tokio::sync::Mutex::new(Some(input)),
        unread,
        exit,
        group,
        _tasks: tasks,
    })
}

/// The process, where to write, and where both of its streams are read.
fn spawn(
    environment: &LocalEnvironment,
    command: &ExecCommand,
) -> io::Result<(Child, Sender, Receiver)> {
    let mut process = process::prepare(environment, command);
    if command.terminal {
        // Colours and cursor movements are for eyes.
        process.env("TERM", "dumb").envs(&command.variables);
        let terminal = terminal::attach(&mut process)?;
        return Ok((process.spawn()?, terminal.keyboard, terminal.screen));
    }
    let (input, output) = attach_pipes(&mut process)?;
    Ok((process.spawn()?, input, output))
}

/// One pipe for both output streams keeps what they say in order.
fn attach_pipes(process: &mut Command) -> io::Result<(Sender, Receiver)> {
    let (from_us, to_command) = io::pipe()?;
    let (from_command, to_us) = io::pipe()?;
    process
        .stdin(Stdio::from(from_us))
        .stdout(Stdio::from(to_us.try_clone()?))
        .stderr(Stdio::from(to_us));
    Ok((
        Sender::from_owned_fd(OwnedFd::from(to_command))?,
        Receiver::from_owned_fd(OwnedFd::from(from_command))?,
    ))
}

/// A command of the local environment.
///
/// Its output is read all the time, so that it never waits for a reader; the task that does it ends
/// with this value.
#[derive(Debug)]
pub(super) struct LocalCommand {
    terminal: bool,
    input: tokio::sync::Mutex<Option<Sender>>,
    unread: Arc<Mutex<CapturedOutput>>,
    exit: watch::Receiver<Option<i32>>,
    group: Group,
    _tasks: JoinSet<()>,
}

#[async_trait]
impl RunningCommand for LocalCommand {
    async fn write_input(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut input = self.input.lock().await;
        let closed = || Error::new(ErrorKind::Closed, "the command takes no more input");
        if self.exit.borrow().is_some() {
            return Err(closed());
        }
        let pipe = input.as_mut().ok_or_else(closed)?;
        match timeout(limits::INPUT_TIMEOUT, pipe.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(closed()),
            Ok(Err(error)) => Err(Error::io("write to the command", error)),
            Err(_) => Err(Error::new(
                ErrorKind::Limit,
                "the command doesn't read its input; a part of what was sent is waiting there",
            )),
        }
    }

    async fn close_input(&self) -> Result<(), Error> {
        if self.terminal {
            return self.write_input(END_OF_INPUT).await;
        }
        *self.input.lock().await = None;
        Ok(())
    }

    async fn take_output(&self) -> Result<CapturedOutput, Error> {
        Ok(std::mem::take(&mut *lock(&self.unread)))
    }

    async fn wait(&self, time: Duration) -> Result<Option<i32>, Error> {
        let mut exit = self.exit.clone();
        let exited = timeout(time, exit.wait_for(Option::is_some)).await;
        match exited {
            Ok(Ok(code)) => Ok(*code),
            Ok(Err(error)) => Err(Error::new(
                ErrorKind::Io,
                "nobody waits for the command any more",
            )
            .with_source(error)),
            Err(_) => Ok(None),
        }
    }

    async fn interrupt(&self) -> Result<(), Error> {
        if self.terminal && self.write_input(INTERRUPT).await.is_ok() {
            return Ok(());
        }
        interrupt_group(self.group.id);
        Ok(())
    }

    async fn terminate(&self) -> Result<(), Error> {
        end_group(self.group.id, limits::TIMEOUT_GRACE).await;
        self.wait(limits::REAP_GRACE).await.map(drop)
    }
}

/// A polite signal, some time, the other signal.
async fn end_group(group: u32, grace: Duration) {
    let deadline = Instant::now() + grace;
    terminate_group(group);
    until_gone(group, deadline).await;
    kill_group(group);
}

/// Reads what a command writes and waits for its exit.
#[derive(Debug)]
struct Attendant {
    group: u32,
    output: Receiver,
    unread: Arc<Mutex<CapturedOutput>>,
    sink: OutputSink,
    cancel: CancellationToken,
    cancel_grace: Duration,
}

impl Attendant {
    async fn attend(mut self, mut child: Child, exited: watch::Sender<Option<i32>>) {
        let (group, cancel, grace) = (self.group, self.cancel.clone(), self.cancel_grace);
        let exit = async {
            tokio::select! {
                status = child.wait() => return status.ok(),
                () = cancel.cancelled() => {}
            }
            let ended = async { tokio::join!(child.wait(), end_group(group, grace)).0 };
            ended.await.ok()
        };
        let status = self.read_until(exit).await;
        if timeout(limits::OUTPUT_GRACE, self.read()).await.is_err() {
            pipe::read_what_is_there(&self.output, |chunk| take(&self.unread, &self.sink, chunk));
        }
        exited.send_replace(Some(exit_code(status)));
        // What it left running may go on writing.
        self.read().await;
    }

    async fn read_until(
        &mut self,
        exit: impl Future<Output = Option<ExitStatus>>,
    ) -> Option<ExitStatus> {
        let reading = async {
            self.read().await;
            std::future::pending().await
        };
        tokio::select! {
            status = exit => status,
            () = reading => None,
        }
    }

    /// To the end of the output; on a terminal an error is its end.
    async fn read(&mut self) {
        let (unread, sink) = (&self.unread, &self.sink);
        pipe::read_to_end(&mut self.output, |chunk| take(unread, sink, chunk)).await;
    }
}

fn take(unread: &Mutex<CapturedOutput>, sink: &OutputSink, chunk: &[u8]) {
    sink.send(OutputStream::Stdout, chunk);
    lock(unread).push(chunk);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

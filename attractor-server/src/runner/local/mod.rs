//! Runs as child processes of the server, which outlive it.

mod limits;
mod process;
mod record;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

pub(crate) use self::limits::{ATTEMPT, GRACE};

use self::limits::{KILLED, LOG_BYTES, LOOK, OVERTIME};
use self::process::{Identity, kill_left_overs};
use self::record::{Places, Record, failed};
use super::{Launch, Observation, Runner};
use crate::domain::{Clock, Error, RunId, SystemClock};
use crate::env;
use crate::runner_api::RunnerAccess;

/// How a [`LocalRunner`] starts processes.
#[derive(Clone, Debug)]
pub struct LocalRunnerConfig {
    data: PathBuf,
    program: PathBuf,
    arguments: Vec<OsString>,
    attempt_limit: Duration,
    clock: Arc<dyn Clock>,
}

impl LocalRunnerConfig {
    /// Runs work below `data/runs`; each attempt is this program's `runner --stdin`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`](crate::domain::ErrorKind::Internal) if the system doesn't say which
    /// program this is.
    pub fn new(data: impl AsRef<Path>) -> Result<Self, Error> {
        let program = std::env::current_exe()
            .map_err(|error| Error::internal("can't find this program").caused_by(error))?;
        Ok(Self {
            data: data.as_ref().to_owned(),
            program,
            arguments: vec!["runner".into(), "--stdin".into()],
            attempt_limit: ATTEMPT + OVERTIME,
            clock: Arc::new(SystemClock),
        })
    }

    /// Starts another program; it's given a [`RunnerAccess`] on its standard input.
    #[must_use]
    pub fn program<A: Into<OsString>>(
        mut self,
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        self.program = program.into();
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Adds an argument: `--simulate`.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// When an attempt is ended that hasn't ended itself; half a minute after two hours unless set.
    #[must_use]
    pub fn attempt_limit(mut self, limit: Duration) -> Self {
        self.attempt_limit = limit;
        self
    }

    /// What tells how long it has taken.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

/// Executes each attempt in a process on this machine, in a process group and a directory of its own.
///
/// A process goes on while the server is restarted: what is known about it is on disk, so that the
/// next server finds it or ends it. It inherits few of the server's variables, and none of its secrets.
#[derive(Debug)]
pub struct LocalRunner {
    config: LocalRunnerConfig,
    places: Places,
    children: Mutex<BTreeMap<(RunId, i64), State>>,
}

/// What this process knows about an attempt that it has started.
#[derive(Debug)]
enum State {
    Running(Child),
    Ended(String),
}

impl LocalRunner {
    /// A runner; nothing is started.
    pub fn new(config: LocalRunnerConfig) -> Self {
        let places = Places::below(&config.data);
        Self {
            config,
            places,
            children: Mutex::default(),
        }
    }

    /// The directory that a run works in.
    pub fn directory(&self, run: &RunId) -> PathBuf {
        self.places.run(run)
    }

    fn children(&self) -> MutexGuard<'_, BTreeMap<(RunId, i64), State>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How an attempt of this process's has ended, if it has.
    fn reap(&self, run: &RunId, attempt: i64) -> Option<String> {
        let mut children = self.children();
        let state = children.get_mut(&(run.clone(), attempt))?;
        if let State::Running(child) = state {
            let status = child.try_wait().ok()??;
            *state = State::Ended(describe(status));
        }
        match state {
            State::Ended(how) => Some(how.clone()),
            State::Running(_) => None,
        }
    }

    fn is_alive(&self, run: &RunId, attempt: i64, process: Identity) -> bool {
        self.reap(run, attempt).is_none() && process.is_alive()
    }

    fn is_another_alive(&self, run: &RunId, attempt: i64) -> bool {
        let others = self.places.attempts_at(run).into_iter();
        others.filter(|it| *it != attempt).any(|it| {
            let record = self.places.read(run, it);
            record.is_some_and(|record| self.is_alive(run, it, record.process))
        })
    }

    fn command(&self, run: &RunId, log: &File) -> Result<Command, Error> {
        let again = |error| Error::unavailable("can't use the run's log").caused_by(error);
        let mut command = Command::new(&self.config.program);
        command
            .args(&self.config.arguments)
            .env_clear()
            .envs(env::for_runners())
            // What ends the run ends all that have this.
            .env("ATTRACTOR_RUN_ID", run.as_str())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(again)?)
            .stderr(log.try_clone().map_err(again)?);
        #[cfg(unix)]
        command.process_group(0);
        Ok(command)
    }

    fn log(&self, run: &RunId, attempt: i64) -> Result<File, Error> {
        let path = self.places.log(run, attempt);
        let opened = OpenOptions::new().append(true).create(true).open(&path);
        opened.map_err(|error| failed("open", &path, error))
    }

    /// Empties a log that has become too long: its end is what matters.
    fn keep_log_short(&self, run: &RunId, attempt: i64) {
        let path = self.places.log(run, attempt);
        let is_long = std::fs::metadata(&path).is_ok_and(|it| it.len() > LOG_BYTES);
        if is_long && let Ok(file) = OpenOptions::new().write(true).open(&path) {
            // It's written to at its end, wherever that is; that it stays long is no harm.
            let _ = file.set_len(0);
        }
    }

    /// Asks a process to end, and makes sure, also of what its run has left.
    async fn end(&self, run: &RunId, attempt: i64, process: Identity) -> Result<(), Error> {
        // The number of one that is gone may be another's by now.
        let was_there = self.is_alive(run, attempt, process);
        let is_there =
            || was_there && (self.is_alive(run, attempt, process) || process.group_is_alive());
        if was_there {
            process.terminate();
            let deadline = Instant::now() + GRACE;
            while is_there() && Instant::now() < deadline {
                sleep(LOOK).await;
            }
            process.kill();
        }
        // What another attempt at the run has started is that one's.
        let is_alone = !self.is_another_alive(run, attempt);
        let deadline = Instant::now() + KILLED;
        let mut looks = 0;
        // One that has just been started may be overlooked once.
        while looks < 2 {
            let has_left = is_alone && kill_left_overs(run);
            looks = match has_left || is_there() {
                true => 0,
                false => looks + 1,
            };
            if looks == 0 && Instant::now() >= deadline {
                let text = format!("processes of the run {run} don't end");
                return Err(Error::unavailable(text));
            }
            if looks == 0 {
                sleep(LOOK).await;
            }
        }
        Ok(())
    }
}

/// How a process has ended, in a word.
fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "an unknown end".to_owned(),
    }
}

#[async_trait]
impl Runner for LocalRunner {
    async fn launch(&self, launch: Launch) -> Result<(), Error> {
        let (run, attempt) = (&launch.run.id, launch.run.attempt);
        if self.places.read(run, attempt).is_some() {
            return Ok(());
        }
        self.places.make(run)?;
        let log = self.log(run, attempt)?;
        let program = self.config.program.display();
        let mut child = self.command(run, &log)?.spawn().map_err(|error| {
            Error::unavailable(format!("can't start {program}: {error}")).caused_by(error)
        })?;
        let gone = || Error::unavailable(format!("{program} has ended at once"));
        let process = child.id().and_then(Identity::of).ok_or_else(gone)?;
        let deadline = self.config.clock.now().plus(self.config.attempt_limit);
        let record = Record {
            process,
            deadline: deadline.as_millis(),
            timed_out: false,
        };
        // It begins once it's told what to do: one that nobody knows of never does.
        let kept = self.places.write(run, attempt, &record);
        if let Err(error) = kept.and_then(|()| self.places.begin(run, attempt)) {
            process.kill();
            return Err(error);
        }
        let access = RunnerAccess {
            url: launch.api_url.clone(),
            token: launch.token.clone().into(),
            directory: Some(self.places.run(run).display().to_string()),
        };
        let mut line = serde_json::to_vec(&access)
            .map_err(|error| Error::internal("can't tell the runner").caused_by(error))?;
        line.push(b'\n');
        if let Some(mut stdin) = child.stdin.take() {
            // One that has ended already is observed as that.
            let _ = stdin.write_all(&line).await;
        }
        let key = (run.clone(), attempt);
        self.children().insert(key, State::Running(child));
        Ok(())
    }

    async fn observe(&self, run: &RunId, attempt: i64) -> Result<Observation, Error> {
        let Some(mut record) = self.places.read(run, attempt) else {
            return Ok(Observation::Unknown);
        };
        if record.timed_out {
            return Ok(Observation::TimedOut);
        }
        if !self.is_alive(run, attempt, record.process) {
            return Ok(Observation::Ended(self.reap(run, attempt)));
        }
        self.keep_log_short(run, attempt);
        if self.config.clock.now().as_millis() < record.deadline {
            return Ok(Observation::Alive);
        }
        record.timed_out = true;
        self.places.write(run, attempt, &record)?;
        self.end(run, attempt, record.process).await?;
        Ok(Observation::TimedOut)
    }

    async fn stop(&self, run: &RunId, attempt: i64) -> Result<(), Error> {
        if let Some(record) = self.places.read(run, attempt) {
            self.end(run, attempt, record.process).await?;
        }
        Ok(())
    }

    async fn attempts(&self) -> Result<Vec<(RunId, i64)>, Error> {
        let mut found = Vec::new();
        for (run, attempt) in self.places.begun() {
            let record = self.places.read(&run, attempt);
            match record.is_some_and(|it| self.is_alive(&run, attempt, it.process)) {
                true => found.push((run, attempt)),
                false => self.places.forget(&run, attempt),
            }
        }
        Ok(found)
    }

    async fn clean_up(&self, run: &RunId) -> Result<(), Error> {
        for attempt in self.places.attempts_at(run) {
            self.stop(run, attempt).await?;
            self.places.forget(run, attempt);
            self.children().remove(&(run.clone(), attempt));
        }
        self.places.remove(run)
    }
}

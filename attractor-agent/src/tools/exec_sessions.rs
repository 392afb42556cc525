//! The commands that a model keeps running between its calls, for `exec_command` and `write_stdin`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    environment::{ExecCommand, OutputSink, RunningCommand},
    error::{Error, ErrorKind},
    limits,
    tool::{OutputLimit, ToolContext, ToolOutput, TruncationMode, truncate},
};

/// The running commands of one session of an agent. A clone shares them; with the last one they end.
#[derive(Debug, Clone, Default)]
pub(super) struct ExecSessions(Arc<Mutex<Running>>);

#[derive(Debug, Default)]
struct Running {
    /// By number; numbers aren't used again, so that a late call can't hit another command.
    sessions: BTreeMap<u64, Arc<ExecSession>>,
    latest: u64,
}

/// A command that was started.
#[derive(Debug)]
pub(super) struct ExecSession {
    number: u64,
    pub(super) command: Arc<dyn RunningCommand>,
    pub(super) is_terminal: bool,
    sink: SwitchedSink,
    used: Mutex<Instant>,
}

/// What a call waits for and shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) wait: Duration,
    pub(super) max_output_tokens: Option<u64>,
}

impl ExecSessions {
    /// Starts a command. Beyond the limit, the one that was used longest ago is ended.
    pub(super) async fn start(
        &self,
        command: ExecCommand,
        context: &ToolContext,
    ) -> Result<(Arc<ExecSession>, Option<u64>), Error> {
        let sink = SwitchedSink::default();
        let is_terminal = command.terminal;
        // The abort of the session ends it, the end of this call doesn't.
        let command = command
            .cancel(context.cancel().clone())
            .cancel_grace(context.cancel_grace())
            .output(sink.sink());
        sink.switch(context.output().clone());
        let command = context.environment().start_command(command).await?;
        let too_many = self.make_room();
        if let Some(session) = &too_many {
            session.command.terminate().await?;
        }
        let mut running = self.lock();
        running.latest += 1;
        let session = Arc::new(ExecSession {
            number: running.latest,
            command,
            is_terminal,
            sink,
            used: Mutex::new(Instant::now()),
        });
        running
            .sessions
            .insert(session.number, Arc::clone(&session));
        Ok((session, too_many.map(|session| session.number)))
    }

    /// The session of this number.
    pub(super) fn find(&self, number: u64) -> Result<Arc<ExecSession>, Error> {
        let running = self.lock();
        let found = running.sessions.get(&number).cloned();
        found.ok_or_else(|| {
            let numbers: Vec<String> = running.sessions.keys().map(u64::to_string).collect();
            let text = match numbers.as_slice() {
                [] => format!("there is no session {number}: no command is running"),
                _ => format!(
                    "there is no session {number}; running: {}",
                    numbers.join(", ")
                ),
            };
            Error::new(ErrorKind::NotFound, text)
        })
    }

    /// Waits for the command as long as the call allows and tells what it wrote meanwhile.
    pub(super) async fn watch(
        &self,
        session: &ExecSession,
        turn: Turn,
        context: &ToolContext,
    ) -> Result<ToolOutput, Error> {
        let started = Instant::now();
        session.sink.switch(context.output().clone());
        let _quiet = Quiet(&session.sink);
        let exit_code = tokio::select! {
            ended = session.command.wait(turn.wait) => ended?,
            () = context.cancel().cancelled() => return Err(Error::cancelled()),
        };
        session.touch();
        let output = session.command.take_output().await?;
        if exit_code.is_some() {
            self.lock().sessions.remove(&session.number);
        }
        let state = match exit_code {
            Some(code) => format!("Exit code: {code}"),
            None => format!("Still running as session {}", session.number),
        };
        let text = cut(output.text(), turn.max_output_tokens, context).await;
        let shown = if text.is_empty() {
            "(no output)"
        } else {
            &text
        };
        let mut report = format!("Wall time: {:.1} s\n", started.elapsed().as_secs_f64());
        let _ = write!(report, "{state}\nOutput:\n{shown}");
        Ok(ToolOutput::text(report)
            .is_error(exit_code.is_some_and(|code| code != 0))
            .fingerprint(format!("{state}\n{shown}"))
            .file(output.file().map(str::to_owned)))
    }

    /// Takes out the session that was used longest ago, if there are as many as there may be.
    fn make_room(&self) -> Option<Arc<ExecSession>> {
        let mut running = self.lock();
        if running.sessions.len() < limits::EXEC_SESSIONS {
            return None;
        }
        let oldest = running.sessions.values().min_by_key(|it| it.used());
        let number = oldest?.number;
        running.sessions.remove(&number)
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ExecSession {
    fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn used(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts output to what the call asked for, the whole in a file: it can't be taken again.
async fn cut(output: String, max_tokens: Option<u64>, context: &ToolContext) -> String {
    let Some(tokens) = max_tokens else {
        return output;
    };
    let chars = usize::try_from(tokens)
        .unwrap_or(usize::MAX)
        .saturating_mul(4);
    let limit = OutputLimit::new(chars, TruncationMode::HeadTail);
    if !limit.is_exceeded_by(&output) {
        return output;
    }
    let file = keep(&output, context).await;
    truncate(&output, limit, file.as_deref())
}

async fn keep(output: &str, context: &ToolContext) -> Option<String> {
    let environment = context.environment();
    let directory = environment.scratch_directory().await.ok()?;
    let file = format!("{directory}/exec-{:08x}.txt", rand::random::<u32>());
    let written = environment.write_file(&file, output.as_bytes()).await;
    written.ok().map(|()| file)
}

/// A sink that leads to the events of the call that is watching, and nowhere between two calls.
#[derive(Debug, Clone, Default)]
struct SwitchedSink(Arc<Mutex<OutputSink>>);

impl SwitchedSink {
    fn sink(&self) -> OutputSink {
        let current = Arc::clone(&self.0);
        OutputSink::new(move |stream, chunk| {
            let sink = current.lock().unwrap_or_else(PoisonError::into_inner);
            sink.send(stream, chunk);
        })
    }

    fn switch(&self, to: OutputSink) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

/// Switches the sink off when the call is over, however it ends.
struct Quiet<'a>(&'a SwitchedSink);

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        self.0.switch(OutputSink::none());
    }
}

/// The parameters that both tools have.
pub(super) fn shared_parameters() -> [(&'static str, Value); 2] {
    [
        (
            "yield_time_ms",
            json!({
                "type": "integer",
                "minimum": 0,
                "description": "How many milliseconds to wait for output before the call returns"
            }),
        ),
        (
            "max_output_tokens",
            json!({
                "type": "integer",
                "minimum": 1,
                "description": "How many tokens of output to return at most; what is beyond goes \
                                to a file"
            }),
        ),
    ]
}

/// What was asked for, within the bounds.
pub(super) fn wait(asked_ms: Option<u64>, default: Duration, bounds: [Duration; 2]) -> Duration {
    let [least, most] = bounds;
    asked_ms
        .map_or(default, Duration::from_millis)
        .clamp(least, most)
}

//! The handler of tool stages: a shell command and what becomes of it.

mod capture;
mod environment;
mod left_over;
mod process;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use self::capture::Capture;
use self::process::{Ended, Finished, ToolProcess};
use super::status::reported;
use super::{Handler, StageContext};
use crate::journal::write_new;
use crate::run::limits::{TOOL_CONTEXT_CHARACTERS, TOOL_FAILURE_TAIL_CHARACTERS};
use crate::state::{FailureKind, Outcome};
use crate::text::{head_and_tail, tail};
use crate::{Error, ErrorKind};

pub(crate) use self::left_over::end as end_left_over;

/// Executes the node's `tool_command` with `sh -c` in the working directory.
///
/// - The command runs in a process group of its own, without standard input, with
///   `ATTRACTOR_RUN_ID`, `ATTRACTOR_NODE_ID`, `ATTRACTOR_GOAL` and, where the run keeps files,
///   `ATTRACTOR_LOGS_ROOT` and `ATTRACTOR_STAGE_DIR` in its environment. It's never expanded or
///   escaped: the shell sees what was written.
/// - Of this process's environment it sees all but what looks like a secret (`…_TOKEN`, `…_API_KEY`
///   and the like) and what would point git at another repository. `tool_env`, on the node or the
///   graph, names secrets to pass on, with commas between them; `*` passes on all.
/// - It sees the [`variables`](Self::variables) that the host gives, whatever they are called.
/// - The context gets `tool.output`, the standard output without its last line ends, and
///   `tool.exit_code`. The stage directory gets `stdout.txt` and `stderr.txt`.
/// - An exit code other than 0 is a failure, unless the command left a `status.json` in the stage
///   directory: that decides.
/// - When the node's `timeout` is up, the group gets TERM and two seconds later KILL; on a cancel
///   it gets KILL at once. What the command left running in the background when it ended by
///   itself stays. What it left running because this process was killed is ended when the run is
///   resumed (on Linux).
///
/// Source: attractor-spec 4.10.
#[derive(Clone, Default)]
pub struct ToolHandler {
    variables: Arc<BTreeMap<String, String>>,
}

impl ToolHandler {
    /// A handler whose commands are given nothing but what they inherit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives all commands these variables, also those whose names look like secrets: the host has
    /// chosen them.
    ///
    /// ```
    /// use attractor_core::ToolHandler;
    ///
    /// let handler = ToolHandler::new().variables([("NPM_TOKEN", "npm_0123456789")]);
    /// assert!(!format!("{handler:?}").contains("npm_0"));
    /// ```
    #[must_use]
    pub fn variables<N: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        self.variables = Arc::new(variables.collect());
        self
    }
}

/// Names only: the values may be secrets.
impl fmt::Debug for ToolHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.variables.keys().collect();
        f.debug_struct("ToolHandler")
            .field("variables", &names)
            .finish()
    }
}

#[async_trait]
impl Handler for ToolHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let node = stage.node();
        let Some(command) = node
            .tool_command
            .as_deref()
            .filter(|c| !c.trim().is_empty())
        else {
            let text = format!("node {} has no tool_command", node.id());
            return Err(Error::new(ErrorKind::InvalidInput, text));
        };
        let process = ToolProcess::spawn(command, stage, &self.variables)?;
        let finished = process.finish(stage).await?;
        if let Some(directory) = stage.stage_dir() {
            left_over::forget(directory);
            keep_output(directory, &finished)?;
        }
        Ok(outcome(stage, command, &finished))
    }

    fn enforces_timeout(&self) -> bool {
        true
    }
}

fn keep_output(directory: &Path, finished: &Finished) -> Result<(), Error> {
    write_new(&directory.join("stdout.txt"), &finished.stdout.bytes())?;
    if finished.stderr.is_empty() {
        return Ok(());
    }
    write_new(&directory.join("stderr.txt"), &finished.stderr.bytes())
}

fn outcome(stage: &StageContext, command: &str, finished: &Finished) -> Outcome {
    let stdout = finished.stdout.text();
    let output = head_and_tail(
        stdout.trim_end_matches(['\n', '\r']),
        TOOL_CONTEXT_CHARACTERS,
    );
    let mut outcome = match (&finished.ended, reported(stage)) {
        (Ended::Exit(_) | Ended::Signal(_), Some(reported)) => reported,
        (Ended::Exit(0), None) => Outcome::success().with_notes(format!("ran: {command}")),
        (Ended::Exit(code), None) => failed(format!("exit code {code}"), finished),
        (Ended::Signal(signal), None) => failed(format!("killed by signal {signal}"), finished),
        (Ended::TimedOut(limit), _) => failed(
            format!("timed out after {} ms", limit.as_millis()),
            finished,
        )
        .with_failure_kind(FailureKind::Retryable),
        (Ended::Cancelled, _) => failed("cancelled".to_owned(), finished),
    };
    let updates = &mut outcome.context_updates;
    updates
        .entry("tool.output".to_owned())
        .or_insert_with(|| output.into_owned().into());
    if let Ended::Exit(code) = finished.ended {
        updates
            .entry("tool.exit_code".to_owned())
            .or_insert_with(|| code.into());
    }
    outcome
}

/// A failure whose reason ends in what the command said last.
fn failed(what: String, finished: &Finished) -> Outcome {
    let mut reason = what;
    for stream in [&finished.stdout, &finished.stderr] {
        let text = stream.text();
        let said = text.trim();
        if !said.is_empty() {
            reason.push('\n');
            reason.push_str(&tail(said, TOOL_FAILURE_TAIL_CHARACTERS / 2));
        }
    }
    Outcome::fail(reason)
}

/// The capture of a stream of a stage's tool.
fn capture() -> Capture {
    Capture::new(crate::run::limits::TOOL_OUTPUT_BYTES)
}

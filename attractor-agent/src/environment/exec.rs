//! A command, its streamed output and its result.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::limits;

/// Which stream of a command a piece of output came from. Complete: there are two.
#[expect(clippy::exhaustive_enums, reason = "a process has two output streams")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

type SinkFn = dyn Fn(OutputStream, &[u8]) + Send + Sync;

/// Receives output while a command runs.
///
/// The function is called on the task that runs the command and must not block. Chunks may split
/// a character.
#[derive(Clone, Default)]
pub struct OutputSink(Option<Arc<SinkFn>>);

impl OutputSink {
    /// A sink that drops everything.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// A sink that calls `function` for every chunk.
    pub fn new(function: impl Fn(OutputStream, &[u8]) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(function)))
    }

    /// Hands over a chunk.
    pub fn send(&self, stream: OutputStream, chunk: &[u8]) {
        if let Some(function) = &self.0 {
            function(stream, chunk);
        }
    }
}

impl fmt::Debug for OutputSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "OutputSink(Some)"
        } else {
            "OutputSink(None)"
        })
    }
}

/// A command to run (coding-agent-loop-spec 4.1 `exec_command`).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExecCommand {
    /// What the shell is given.
    pub command: String,
    /// After this long the command is ended.
    pub timeout: Duration,
    /// Where to run it; relative to, and by default, the environment's working directory.
    pub working_dir: Option<String>,
    /// Variables on top of those that the environment passes on; these are not filtered.
    pub variables: BTreeMap<String, String>,
    /// Ends the command when cancelled.
    pub cancel: CancellationToken,
    /// How long the command and its children may take to end after the polite signal of a cancel.
    pub cancel_grace: Duration,
    /// Receives output as it comes.
    pub output: OutputSink,
    /// Whether a command that is talked to gets a pseudo-terminal in place of pipes.
    pub terminal: bool,
}

impl ExecCommand {
    /// A command with the time it may take.
    #[must_use]
    pub fn new(command: impl Into<String>, timeout: Duration) -> Self {
        Self {
            command: command.into(),
            timeout,
            working_dir: None,
            variables: BTreeMap::new(),
            cancel: CancellationToken::new(),
            cancel_grace: limits::CANCEL_GRACE,
            output: OutputSink::none(),
            terminal: false,
        }
    }

    /// Runs in this directory.
    #[must_use]
    pub fn working_dir(mut self, directory: impl Into<String>) -> Self {
        self.working_dir = Some(directory.into());
        self
    }

    /// Sets one variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Sets several variables.
    #[must_use]
    pub fn variables(mut self, variables: BTreeMap<String, String>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Ends the command when this token is cancelled.
    #[must_use]
    pub fn cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets how long it may take to end when it is cancelled, before it is killed; two seconds unless
    /// set.
    #[must_use]
    pub fn cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace;
        self
    }

    /// Streams output to this sink.
    #[must_use]
    pub fn output(mut self, output: OutputSink) -> Self {
        self.output = output;
        self
    }

    /// Asks for a pseudo-terminal; see
    /// [`start_command`](crate::CommandExecution::start_command).
    #[must_use]
    pub fn terminal(mut self, terminal: bool) -> Self {
        self.terminal = terminal;
        self
    }
}

/// What came of a command (coding-agent-loop-spec 4.1).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExecResult {
    /// Standard output.
    pub stdout: CapturedOutput,
    /// Standard error.
    pub stderr: CapturedOutput,
    /// The exit code; 128 + n where signal n ended the command.
    pub exit_code: i32,
    /// Whether the timeout ended it.
    pub timed_out: bool,
    /// Whether a cancel ended it.
    pub cancelled: bool,
    /// How long it ran.
    pub duration: Duration,
}

impl ExecResult {
    /// Whether the command ran to its end with exit code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.exit_code == 0 && !self.timed_out && !self.cancelled
    }
}

/// One stream's output: whole up to 1 MiB, beyond that its head and tail, and a file with all of
/// it.
#[derive(Debug, Clone, Default)]
pub struct CapturedOutput {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    file: Option<String>,
    cut_at: Option<u64>,
}

impl CapturedOutput {
    /// How many bytes the command wrote.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total
    }

    /// How many bytes of the middle are not in memory.
    #[must_use]
    pub fn omitted_bytes(&self) -> u64 {
        self.total - self.kept()
    }

    /// The environment's file with the output, when some of it is not in memory.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Whether the file has the whole output, and not only its beginning.
    #[must_use]
    pub fn file_is_whole(&self) -> bool {
        self.file.is_some() && self.cut_at.is_none()
    }

    /// The bytes in memory: all of them, or head and tail.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let (first, second) = self.tail.as_slices();
        [&self.head, first, second].concat()
    }

    /// The output as text, with a line that says what is missing where something is. Bytes that
    /// aren't UTF-8 show as U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        if self.omitted_bytes() == 0 {
            return String::from_utf8_lossy(&self.bytes()).into_owned();
        }
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let place = match (&self.file, self.cut_at) {
            (None, _) => String::new(),
            (Some(file), None) => format!("; the whole output is in {file}"),
            (Some(file), Some(bytes)) => format!("; its first {bytes} bytes are in {file}"),
        };
        format!(
            "{}\n[{} bytes of output are not shown here{place}]\n{}",
            String::from_utf8_lossy(&self.head),
            self.omitted_bytes(),
            String::from_utf8_lossy(&tail),
        )
    }

    /// Adds a chunk, dropping from the middle what goes beyond the limit.
    pub fn push(&mut self, chunk: &[u8]) {
        let half = limits::OUTPUT_BYTES_IN_MEMORY / 2;
        self.total += chunk.len() as u64;
        let to_head = chunk.len().min(half.saturating_sub(self.head.len()));
        let (head, rest) = chunk.split_at(to_head);
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(half)..];
        let excess = (self.tail.len() + rest.len()).saturating_sub(half);
        self.tail.drain(..excess);
        self.tail.extend(rest);
    }

    /// Names the file that has the whole output.
    pub fn set_file(&mut self, file: impl Into<String>) {
        self.file = Some(file.into());
    }

    /// Says that the file has only so many bytes of the beginning.
    pub fn cut_file_at(&mut self, bytes: u64) {
        self.cut_at = Some(bytes);
    }

    fn kept(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_beyond_the_limit_keeps_head_and_tail() {
        let mut output = CapturedOutput::default();
        output.push(b"first");
        for _ in 0..40 {
            output.push(&[b'x'; 100_000]);
        }
        output.push(b"last");
        let bytes = output.bytes();
        assert!(bytes.starts_with(b"first") && bytes.ends_with(b"last"));
        assert_eq!(bytes.len(), limits::OUTPUT_BYTES_IN_MEMORY);
        assert_eq!(output.omitted_bytes(), 4_000_009 - bytes.len() as u64);
    }
}

//! An environment that tells what it does.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    CommandExecution, DirEntry, ExecCommand, ExecResult, ExecutionEnvironment, FileOperations,
    GlobResult, GrepOptions, GrepResult, RunningCommand, SearchOperations,
};
use crate::error::Error;

/// One operation of an environment, when it begins and when it ends.
///
/// Shows as one line: `exec_command cargo test`, then `exec_command cargo test: exit code 0 in 812
/// ms`. Neither content of files nor variables of commands are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEntry {
    /// The method that was called.
    pub operation: &'static str,
    /// The path, command or pattern it was called with.
    pub subject: String,
    /// What came of it; nothing at the beginning.
    pub outcome: Option<LogOutcome>,
}

/// What came of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogOutcome {
    /// A summary, or the error's message.
    pub result: Result<String, String>,
    /// How long it took.
    pub duration: Duration,
}

impl fmt::Display for LogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.subject)?;
        match &self.outcome {
            None => Ok(()),
            Some(outcome) => {
                let (failed, text) = match &outcome.result {
                    Ok(text) => ("", text),
                    Err(text) => ("failed: ", text),
                };
                let duration_ms = outcome.duration.as_millis();
                write!(f, ": {failed}{text} in {duration_ms} ms")
            }
        }
    }
}

type LogFn = dyn Fn(&LogEntry) + Send + Sync;

/// Another environment, of which every operation on files, commands and searches is logged
/// (coding-agent-loop-spec 4.4).
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use attractor_agent::{FileOperations, LocalEnvironment, LoggingEnvironment};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let log = {
///     let lines = Arc::clone(&lines);
///     move |entry: &_| lines.lock().unwrap().push(format!("{entry}"))
/// };
/// let inner = Arc::new(LocalEnvironment::new(std::env::temp_dir())?);
/// let environment = LoggingEnvironment::new(inner, log);
/// environment.file_exists("a.txt").await?;
/// assert_eq!(lines.lock().unwrap()[0], "file_exists a.txt");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LoggingEnvironment {
    inner: Arc<dyn ExecutionEnvironment>,
    log: Arc<LogFn>,
}

impl LoggingEnvironment {
    /// The environment; `log` is called before and after each operation and must not block.
    pub fn new(
        inner: Arc<dyn ExecutionEnvironment>,
        log: impl Fn(&LogEntry) + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            log: Arc::new(log),
        }
    }

    async fn logged<T>(
        &self,
        operation: &'static str,
        subject: &str,
        work: impl Future<Output = Result<T, Error>> + Send,
        summary: impl Fn(&T) -> String + Send,
    ) -> Result<T, Error> {
        let mut entry = LogEntry {
            operation,
            subject: subject.to_owned(),
            outcome: None,
        };
        (self.log)(&entry);
        let started = Instant::now();
        let result = work.await;
        entry.outcome = Some(LogOutcome {
            result: result.as_ref().map(summary).map_err(Error::to_string),
            duration: started.elapsed(),
        });
        (self.log)(&entry);
        result
    }
}

impl fmt::Debug for LoggingEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoggingEnvironment")
            .field(&self.inner)
            .finish()
    }
}

fn done(_: &()) -> String {
    "done".to_owned()
}

#[async_trait]
impl FileOperations for LoggingEnvironment {
    async fn read_file(&self, path: &str) -> Result<Bytes, Error> {
        let bytes = |content: &Bytes| format!("{} bytes", content.len());
        let work = self.inner.read_file(path);
        self.logged("read_file", path, work, bytes).await
    }

    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let bytes = |(): &()| format!("{} bytes", content.len());
        let work = self.inner.write_file(path, content);
        self.logged("write_file", path, work, bytes).await
    }

    async fn remove_file(&self, path: &str) -> Result<(), Error> {
        let work = self.inner.remove_file(path);
        self.logged("remove_file", path, work, done).await
    }

    async fn rename_file(&self, from: &str, to: &str) -> Result<(), Error> {
        let renamed = |(): &()| format!("to {to}");
        let work = self.inner.rename_file(from, to);
        self.logged("rename_file", from, work, renamed).await
    }

    async fn file_exists(&self, path: &str) -> Result<bool, Error> {
        let work = self.inner.file_exists(path);
        self.logged("file_exists", path, work, bool::to_string)
            .await
    }

    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
        let entries = |entries: &Vec<DirEntry>| format!("{} entries", entries.len());
        let work = self.inner.list_directory(path, depth);
        self.logged("list_directory", path, work, entries).await
    }

    async fn canonical_path(&self, path: &str) -> Result<String, Error> {
        let work = self.inner.canonical_path(path);
        self.logged("canonical_path", path, work, String::clone)
            .await
    }
}

#[async_trait]
impl CommandExecution for LoggingEnvironment {
    async fn exec_command(&self, command: ExecCommand) -> Result<ExecResult, Error> {
        let subject = command.command.clone();
        let work = self.inner.exec_command(command);
        self.logged("exec_command", &subject, work, ended).await
    }

    async fn start_command(&self, command: ExecCommand) -> Result<Arc<dyn RunningCommand>, Error> {
        let subject = command.command.clone();
        let work = self.inner.start_command(command);
        let started = |_: &Arc<dyn RunningCommand>| "started".to_owned();
        self.logged("start_command", &subject, work, started).await
    }
}

fn ended(result: &ExecResult) -> String {
    match (result.timed_out, result.cancelled) {
        (true, _) => "timed out".to_owned(),
        (_, true) => "cancelled".to_owned(),
        _ => format!("exit code {}", result.exit_code),
    }
}

#[async_trait]
impl SearchOperations for LoggingEnvironment {
    async fn grep(
        &self,
        pattern: &str,
        path: &str,
        options: &GrepOptions,
    ) -> Result<GrepResult, Error> {
        let subject = format!("{pattern} in {path}");
        let files = |result: &GrepResult| format!("{} files", result.files.len());
        let work = self.inner.grep(pattern, path, options);
        self.logged("grep", &subject, work, files).await
    }

    async fn glob(
        &self,
        pattern: &str,
        path: &str,
        max_results: usize,
    ) -> Result<GlobResult, Error> {
        let subject = format!("{pattern} in {path}");
        let files = |result: &GlobResult| format!("{} files", result.paths.len());
        let work = self.inner.glob(pattern, path, max_results);
        self.logged("glob", &subject, work, files).await
    }
}

#[async_trait]
impl ExecutionEnvironment for LoggingEnvironment {
    async fn initialize(&self) -> Result<(), Error> {
        self.inner.initialize().await
    }

    async fn cleanup(&self) -> Result<(), Error> {
        self.inner.cleanup().await
    }

    fn working_directory(&self) -> &str {
        self.inner.working_directory()
    }

    fn in_directory(
        &self,
        directory: &str,
    ) -> Result<Option<Arc<dyn ExecutionEnvironment>>, Error> {
        let moved = self.inner.in_directory(directory)?.map(|inner| {
            let log = Arc::clone(&self.log);
            Arc::new(Self { inner, log }) as Arc<dyn ExecutionEnvironment>
        });
        Ok(moved)
    }

    fn platform(&self) -> &str {
        self.inner.platform()
    }

    fn os_version(&self) -> &str {
        self.inner.os_version()
    }

    async fn scratch_directory(&self) -> Result<String, Error> {
        self.inner.scratch_directory().await
    }
}

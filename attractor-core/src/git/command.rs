//! One call of git: nothing inherited that could mislead it, a time limit, and its own words when
//! it fails.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::mask::mask;
use crate::process::{GIT_VARIABLES, Group};
use crate::run::limits::{GIT_CALL_MS, GIT_ERROR_CHARACTERS, GIT_OUTPUT_BYTES};
use crate::text::tail;
use crate::{Error, ErrorKind};

/// Settings that keep a call to itself: no hooks, no signatures, no work in the background.
const SETTINGS: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.addEmbeddedRepo=false",
];

/// What a hook that calls us may have set: a commit of ours is made when it's made.
const DATES: [&str; 2] = ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"];

/// Name and address of commits where the user has configured none.
const IDENTITY: (&str, &str) = ("Attractor", "attractor@localhost");

/// A call of git in the making.
#[derive(Clone, Debug)]
pub(super) struct Git {
    directory: PathBuf,
    arguments: Vec<OsString>,
    index: Option<PathBuf>,
    identity: bool,
    cancel: CancellationToken,
}

/// What a call ended in.
#[derive(Debug)]
pub(super) struct Output {
    /// The exit code.
    pub(super) code: i32,
    /// What it wrote.
    pub(super) text: String,
    /// What it said beside that, without secrets.
    pub(super) words: String,
}

impl Git {
    pub(super) fn new(directory: &Path, cancel: &CancellationToken) -> Self {
        Self {
            directory: directory.to_owned(),
            arguments: Vec::new(),
            index: None,
            identity: false,
            cancel: cancel.clone(),
        }
    }

    pub(super) fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, arguments: I) -> Self {
        let arguments = arguments.into_iter();
        self.arguments
            .extend(arguments.map(|a| a.as_ref().to_owned()));
        self
    }

    pub(super) fn arg(self, argument: impl AsRef<OsStr>) -> Self {
        self.args([argument])
    }

    /// Works on this index instead of the working tree's own.
    pub(super) fn index(mut self, index: &Path) -> Self {
        self.index = Some(index.to_owned());
        self
    }

    /// Gives commits an author where the user has configured none.
    pub(super) fn default_identity(mut self, wanted: bool) -> Self {
        self.identity = wanted;
        self
    }

    /// What the call wrote, without the line end; a failure is an error in git's own words.
    pub(super) async fn text(self) -> Result<String, Error> {
        let name = self.name();
        let output = self.output().await?;
        match output.code {
            0 => Ok(output.text.trim_end_matches('\n').to_owned()),
            code => Err(output.error(&name, code)),
        }
    }

    /// What the call ended in, whatever that is.
    pub(super) async fn output(self) -> Result<Output, Error> {
        let name = self.name();
        let mut command = self.command();
        let mut child = command.spawn().map_err(|error| {
            Error::io(format!("run {name} in {}", self.directory.display()), error)
        })?;
        // Dropping this kills whatever git has started.
        let mut group = Group::of(&child);
        let mut outputs = (child.stdout.take(), child.stderr.take());
        let lost = |error| Error::io(format!("wait for {name}"), error);
        let ended = async { child.wait().await.map_err(lost) };
        let work = async { tokio::try_join!(ended, read(&mut outputs.0), read(&mut outputs.1)) };
        let (status, stdout, stderr) = tokio::select! {
            biased;
            () = self.cancel.cancelled() => {
                return Err(Error::new(ErrorKind::Cancelled, format!("{name} was cancelled")));
            }
            done = work => done?,
            () = tokio::time::sleep(Duration::from_millis(GIT_CALL_MS)) => {
                let text = format!("{name} took longer than {} s", GIT_CALL_MS / 1_000);
                return Err(Error::new(ErrorKind::Timeout, text));
            }
        };
        group.release();
        Ok(Output {
            code: status.code().unwrap_or(-1),
            text: stdout,
            words: mask(&stderr),
        })
    }

    /// `git commit-tree`, for messages.
    fn name(&self) -> String {
        let first = self.arguments.first();
        let first = first.map_or_else(String::new, |first| first.to_string_lossy().into_owned());
        format!("git {first}")
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .args(&self.arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        for name in GIT_VARIABLES.into_iter().chain(DATES) {
            command.env_remove(name);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0");
        if let Some(index) = &self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        if self.identity {
            let (name, address) = IDENTITY;
            for who in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{who}_NAME"), name);
                command.env(format!("GIT_{who}_EMAIL"), address);
            }
        }
        command
    }
}

impl Output {
    /// The failure in git's own words.
    pub(super) fn error(&self, name: &str, code: i32) -> Error {
        let words = self.words.trim();
        let text = match words.is_empty() {
            true => format!("{name} ended with exit code {code}"),
            false => format!("{name}: {}", tail(words, GIT_ERROR_CHARACTERS)),
        };
        Error::new(ErrorKind::Io, text)
    }
}

async fn read(stream: &mut Option<impl AsyncRead + Unpin>) -> Result<String, Error> {
    let Some(stream) = stream else {
        return Ok(String::new());
    };
    let mut bytes = Vec::new();
    let read = stream
        .take(GIT_OUTPUT_BYTES + 1)
        .read_to_end(&mut bytes)
        .await;
    read.map_err(|error| Error::io("read what git writes", error))?;
    if bytes.len() as u64 > GIT_OUTPUT_BYTES {
        let text = format!("git writes more than {GIT_OUTPUT_BYTES} bytes");
        return Err(Error::new(ErrorKind::Io, text));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

//! Calls of git: the clone, its branches, what is fetched and what is pushed.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::api::Api;
use super::error::Failure;
use super::limits::{GIT_CALL, GIT_OUTPUT, GIT_TRANSFER, GIT_WORDS};
use super::stop::Stop;
use crate::domain::{Error, ReachPolicy, Repository};
use crate::forge::Reached;
use crate::runner_api::{RunSpecification, RunnerAccess};
use crate::secrets::{Scrubber, SecretEnvironment};

/// Settings of every call: no hooks of the repository or the user, nothing in the background, nobody
/// asked, and no transport that executes a command of the remote's choice.
const SETTINGS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "advice.detachedHead=false",
];

/// Variables that would point git elsewhere.
const MISLEADING: [&str; 10] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// The variables by which a call that signs in tells the credential helper where to ask.
pub(crate) const URL_VARIABLE: &str = "ATTRACTOR_RUNNER_URL";
/// The token.
pub(crate) const TOKEN_VARIABLE: &str = "ATTRACTOR_RUNNER_TOKEN";
/// The only host that a password is given for.
pub(crate) const HOST_VARIABLE: &str = "ATTRACTOR_RUNNER_GIT_HOST";

/// What all calls of git of a run share.
#[derive(Clone, Debug)]
pub(super) struct Git {
    directory: PathBuf,
    access: RunnerAccess,
    remote: Remote,
    scrubber: Scrubber,
    stop: Stop,
    api: Arc<Api>,
}

/// Whose repository it is.
#[derive(Clone, Debug)]
struct Remote {
    /// What was cloned.
    url: String,
    /// What it may be reached by.
    reach: ReachPolicy,
    /// The run: what ends the run ends its calls of git.
    run: String,
}

impl Remote {
    /// Its address, and the settings with which git reaches that and nothing else. It's judged each time:
    /// a name may lead elsewhere by now.
    async fn reached(&self) -> Result<(String, Vec<String>), Failure> {
        let refused = |error: Error| Failure::run(error.to_string());
        let repository = Repository::try_from(self.url.clone()).map_err(refused)?;
        match repository.check_reachable(&self.reach).await {
            Ok(Reached::Directory(path)) => Ok((path.display().to_string(), Vec::new())),
            Ok(Reached::Host { git_config }) => {
                let settings = git_config.iter();
                let settings = settings.map(|(name, value)| format!("{name}={value}"));
                Ok((self.url.clone(), settings.collect()))
            }
            Err(error) => Err(refused(error)),
        }
    }
}

impl Git {
    pub(super) fn new(
        directory: &Path,
        (access, api): (&RunnerAccess, &Arc<Api>),
        spec: &RunSpecification,
        scrubber: &Scrubber,
        stop: &Stop,
    ) -> Self {
        Self {
            directory: directory.to_owned(),
            access: access.clone(),
            remote: Remote {
                url: spec.repository.clone_url.clone(),
                reach: spec.repository.reach.clone(),
                run: spec.run_id.to_string(),
            },
            scrubber: scrubber.clone(),
            stop: stop.clone(),
            api: Arc::clone(api),
        }
    }

    /// What a call on this machine writes, without the line end.
    pub(super) async fn text<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, Failure> {
        let (code, text, words) = self.call(arguments, None).await?;
        self.unless_failed(arguments, code, &words)?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// The same, or nothing if the call fails: for asking whether something is there.
    pub(super) async fn find<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
    ) -> Result<Option<String>, Failure> {
        let (code, text, _) = self.call(arguments, None).await?;
        Ok((code == 0).then(|| text.trim_end_matches('\n').to_owned()))
    }

    /// A call that speaks to the remote, whose address is between the arguments, signed in if it asks
    /// for that.
    pub(super) async fn transfer(
        &self,
        before: &[&str],
        after: &[&str],
    ) -> Result<String, Failure> {
        let (address, settings) = self.remote.reached().await?;
        let arguments = &[before, &[address.as_str()], after].concat();
        let (code, text, words) = self.call(arguments, Some(&settings)).await?;
        let words = match code {
            0 => words,
            _ => self.without_password(&words).await,
        };
        self.unless_failed(arguments, code, &words)?;
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// What git says of a remote, which may repeat the password that it was given.
    async fn without_password(&self, words: &str) -> String {
        if host(&self.remote.url).is_none() {
            return words.to_owned();
        }
        match self.api.credential().await {
            Ok(Some(it)) => {
                let password = ("GIT_PASSWORD".to_owned(), it.password.expose().into());
                let scrubber = Scrubber::new(&SecretEnvironment::from([password]));
                scrubber.text(words).into_owned()
            }
            Ok(None) => words.to_owned(),
            // What can't be made clean isn't shown.
            Err(_) => "the remote refuses".to_owned(),
        }
    }

    fn unless_failed<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        code: i32,
        words: &str,
    ) -> Result<(), Failure> {
        if code == 0 {
            return Ok(());
        }
        let name = arguments.first().map(|it| it.as_ref().to_string_lossy());
        let name = name.unwrap_or_default();
        let words = self.scrubber.text(words.trim());
        let skipped = words.chars().count().saturating_sub(GIT_WORDS);
        let words: String = words.chars().skip(skipped).collect();
        Err(Failure::run(match words.is_empty() {
            true => format!("git {name} ended with exit code {code}"),
            false => format!("git {name}: {words}"),
        }))
    }

    async fn call<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        remote: Option<&[String]>,
    ) -> Result<(i32, String, String), Failure> {
        let limit = match remote {
            Some(_) => GIT_TRANSFER,
            None => GIT_CALL,
        };
        let mut command = self.command(remote);
        command.args(arguments);
        let failed = |error: std::io::Error| Failure::run(format!("can't run git: {error}"));
        let mut child = command.spawn().map_err(failed)?;
        let _group = Group::of(&child);
        let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        let work = async { tokio::join!(read(&mut stdout), read(&mut stderr), child.wait()) };
        let (text, words, status) = tokio::select! {
            done = timeout(limit, work) => match done {
                Ok(done) => done,
                Err(_) => return Err(took_too_long(limit)),
            },
            _ = self.stop.said() => return Err(Failure::Stopped),
        };
        let code = status.map_err(failed)?.code().unwrap_or(-1);
        Ok((code, text?, words?))
    }

    /// A call without its arguments; with the settings for a remote, it can sign in there.
    fn command(&self, remote: Option<&[String]>) -> Command {
        let mut command = Command::new("git");
        let settings = SETTINGS.into_iter();
        let settings = settings.chain(remote.into_iter().flatten().map(String::as_str));
        for setting in settings {
            command.args(["-c", setting]);
        }
        for name in MISLEADING {
            command.env_remove(name);
        }
        // Not the user's own passwords: a project has those that it was given.
        command.args(["-c", "credential.helper="]);
        if remote.is_some()
            && let Some(host) = host(&self.remote.url)
        {
            command.arg("-c").arg(helper());
            command
                .env(URL_VARIABLE, &self.access.url)
                .env(TOKEN_VARIABLE, self.access.token.expose())
                .env(HOST_VARIABLE, host);
        }
        command
            .current_dir(&self.directory)
            .env("LC_ALL", "C")
            .env("ATTRACTOR_RUN_ID", &self.remote.run)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS", "")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

/// `credential.helper=!'/path/to/attractor' runner credential`: git hands it to a shell.
fn helper() -> OsString {
    let program = std::env::current_exe().unwrap_or_else(|_| "attractor".into());
    let quoted = program.to_string_lossy().replace('\'', "'\\''");
    format!("credential.helper=!'{quoted}' runner credential").into()
}

/// The host, with its port, of an address that git signs in at over HTTP.
pub(super) fn host(clone_url: &str) -> Option<String> {
    let url = url::Url::parse(clone_url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn took_too_long(limit: Duration) -> Failure {
    Failure::run(format!("git took longer than {} s", limit.as_secs()))
}

async fn read(stream: &mut Option<impl AsyncRead + Unpin>) -> Result<String, Failure> {
    let Some(stream) = stream else {
        return Ok(String::new());
    };
    let mut bytes = Vec::new();
    let failed = |error| Failure::run(format!("can't read what git writes: {error}"));
    let mut limited = stream.take(GIT_OUTPUT + 1);
    limited.read_to_end(&mut bytes).await.map_err(failed)?;
    if bytes.len() as u64 > GIT_OUTPUT {
        return Err(Failure::run(format!(
            "git writes more than {GIT_OUTPUT} bytes"
        )));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a call has started; killed when dropped.
struct Group(#[cfg(unix)] Option<rustix::process::Pid>);

impl Group {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    #[cfg(not(unix))]
    fn of(_child: &tokio::process::Child) -> Self {
        Self()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0 {
            // A group that is gone is what is wanted.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_for_the_host_that_is_cloned_from() {
        assert_eq!(host("https://git.example/a/b.git").unwrap(), "git.example");
        assert_eq!(host("http://127.0.0.1:81/a").unwrap(), "127.0.0.1:81");
        assert_eq!(host("ssh://git@git.example/a"), None);
        assert_eq!(host("/src/a"), None);
    }
}

//! The process that executes one attempt at one run: it claims what to do, clones, executes the
//! pipeline, tells what happens, and stores what came of it.
//!
//! It knows nothing of the control plane but the [runner API](crate::runner_api), and nothing of this
//! machine's keys: models are asked with those that its specification gives.
//!
//! Source: `docs/runner.md`.

mod api;
mod confine;
mod credential;
mod drive;
mod error;
mod events;
mod git;
mod interviewer;
mod limits;
mod open;
mod outputs;
mod pipeline;
mod rerun;
mod settings;
mod stop;
mod wire;
mod workspace;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use attractor_core::JournalEntry;
use tokio::time::{sleep, timeout};

use self::api::{Api, heartbeats};
use self::error::Failure;
use self::git::Git;
use self::limits::{ERROR_CHARACTERS, WIND_UP};
use self::outputs::{Found, Results};
use self::stop::{Stop, Why};
use self::workspace::Workspace;
use crate::console;
use crate::exit::Exit;
use crate::runner_api::{Finish, RunOutcome, RunSpecification, RunnerAccess};
use crate::secrets::Scrubber;
use crate::signals::Signals;

pub(crate) use self::credential::answer as answer_git;
pub(crate) use self::git::{HOST_VARIABLE, TOKEN_VARIABLE, URL_VARIABLE};

/// What the parts of an execution share once the pipeline has come to its end.
#[derive(Debug)]
struct Execution<'a> {
    api: Arc<Api>,
    spec: &'a RunSpecification,
    workspace: Workspace,
    git: Git,
    scrubber: Scrubber,
    /// What the pipeline is for, in its own words.
    goal: String,
    entries: Vec<JournalEntry>,
}

impl Execution<'_> {
    fn found(&self) -> Found<'_> {
        Found {
            workspace: &self.workspace,
            git: &self.git,
            scrubber: &self.scrubber,
            entries: &self.entries,
            limit: self.spec.limits.artifact_bytes,
        }
    }
}

/// How a runner does its work.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Where the run's files are; another attempt at it finds them there.
    pub(crate) directory: PathBuf,
    /// Whether no model is asked.
    pub(crate) simulate: bool,
}

/// Executes an attempt, until it's over or the process is asked to end.
pub(crate) async fn execute(access: &RunnerAccess, options: &Options) -> Exit {
    let stop = Stop::default();
    let mut signals = Signals::listen();
    let mut attempt = pin!(attempt(access, options, &stop));
    let (ended, signal) = tokio::select! {
        ended = &mut attempt => (Some(ended), None),
        exit = signals.next() => {
            stop.now(Why::Terminated);
            (timeout(WIND_UP, attempt).await.ok(), Some(exit))
        }
    };
    match (signal, ended) {
        (Some(exit), _) => exit,
        (None, Some(exit)) => exit,
        (None, None) => Exit::Failure,
    }
}

async fn attempt(access: &RunnerAccess, options: &Options, stop: &Stop) -> Exit {
    let api = Arc::new(Api::new(access, stop.clone()));
    let spec = match api.claim().await {
        Ok(spec) => spec,
        Err(failure) => return not_claimed(&api, failure).await,
    };
    let scrubber = pipeline::scrubber(&spec, access.token.expose());
    console::err(format!("run {}, attempt {}", spec.run_id, spec.attempt));
    let every = Duration::from_millis(spec.heartbeat_ms.max(100));
    let mut beats = pin!(heartbeats(&api, stop, every));
    let mut time = pin!(sleep(Duration::from_millis(spec.limits.run_ms)));
    let mut work = pin!(work(access, options, stop, &api, (&spec, &scrubber)));
    let (mut beating, mut in_time) = (true, true);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut work => break ended,
            () = &mut beats, if beating => beating = false,
            () = &mut time, if in_time => {
                in_time = false;
                stop.now(Why::TimedOut);
            }
        }
    };
    let finish = finish(ended, stop, &scrubber);
    let Some(finish) = finish else {
        console::err(stop.why().map_or("the runner stops", Why::reason));
        return Exit::Failure;
    };
    console::err(describe(&finish));
    let mut told = pin!(api.finish(&finish));
    let told = loop {
        tokio::select! {
            biased;
            told = &mut told => break told,
            // The run is this process's until it has said how it ended.
            () = &mut beats, if beating => beating = false,
        }
    };
    match (told, finish.outcome) {
        (Ok(()), RunOutcome::Succeeded) => Exit::Success,
        (Ok(()), RunOutcome::Paused) => Exit::Paused,
        (Ok(()), _) => Exit::Failure,
        (Err(failure), _) => {
            console::err(format!("can't say how the run ended: {failure}"));
            Exit::Failure
        }
    }
}

/// A run that can't be executed as its project is fails; another attempt wouldn't change that.
async fn not_claimed(api: &Api, failure: Failure) -> Exit {
    console::err(format!("can't claim a run: {failure}"));
    if let Failure::Run(text) = failure {
        let finish = Finish {
            error: Some(shortened(&text)),
            ..Finish::new(RunOutcome::Failed)
        };
        // What isn't told is seen by the process's end.
        let _ = api.finish(&finish).await;
    }
    Exit::Failure
}

/// What the attempt does between its claim and its finish.
async fn work(
    access: &RunnerAccess,
    options: &Options,
    stop: &Stop,
    api: &Arc<Api>,
    (spec, scrubber): (&RunSpecification, &Scrubber),
) -> Result<Results, Failure> {
    workspace::make_directory(&options.directory)?;
    let git = |at: &Path| Git::new(at, (access, api), spec, scrubber, stop);
    let workspace = workspace::prepare(&options.directory, spec, &git, api).await?;
    let interviewer =
        interviewer::RemoteInterviewer::new(Arc::clone(api), workspace.run_dir(), scrubber.clone());
    let run = open::open(spec, options.simulate, &workspace, Arc::new(interviewer)).await?;
    let goal = run.state().graph().attrs().goal.clone();
    drive::drive(run, stop, (api, &spec.run_id), scrubber, spec.journal_seq).await?;
    let entries = drive::entries(&workspace.run_dir())?;
    let git = git(&workspace.clone);
    let execution = Execution {
        api: Arc::clone(api),
        spec,
        workspace,
        git,
        scrubber: scrubber.clone(),
        goal,
        entries,
    };
    outputs::deliver(&execution).await
}

/// What is told about the end; nothing if the run is to go on elsewhere or is over already.
fn finish(ended: Result<Results, Failure>, stop: &Stop, scrubber: &Scrubber) -> Option<Finish> {
    let failure = match ended {
        Ok(results) => {
            return Some(Finish {
                pr_url: results.pr_url,
                spec_bundle_id: results.bundle,
                ..Finish::new(RunOutcome::Succeeded)
            });
        }
        Err(failure) => failure,
    };
    let with = |outcome, text: &str| Finish {
        error: Some(shortened(&scrubber.text(text))),
        ..Finish::new(outcome)
    };
    match (stop.why(), failure) {
        (Some(Why::Lost | Why::Terminated | Why::Alone), _) => None,
        (Some(Why::Cancel), _) => Some(Finish::new(RunOutcome::Canceled)),
        (Some(why @ Why::TimedOut), Failure::Stopped) => {
            Some(with(RunOutcome::Timeout, why.reason()))
        }
        (Some(Why::Pause), Failure::Stopped) => Some(Finish::new(RunOutcome::Paused)),
        (_, Failure::Paused(text)) => Some(with(RunOutcome::Paused, &text)),
        (_, Failure::Run(text)) => Some(with(RunOutcome::Failed, &text)),
        (None, Failure::Stopped) => Some(with(RunOutcome::Failed, "the run was interrupted")),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(ERROR_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn describe(finish: &Finish) -> String {
    let outcome = match finish.outcome {
        RunOutcome::Succeeded => "succeeded",
        RunOutcome::Failed => "failed",
        RunOutcome::Canceled => "cancelled",
        RunOutcome::Paused => "paused",
        RunOutcome::Timeout => "timed out",
    };
    match &finish.error {
        Some(error) => format!("{outcome}: {error}"),
        None => outcome.to_owned(),
    }
}

/// The SHA-256 of bytes in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let mut text = String::with_capacity(64);
    for byte in sha2::Sha256::digest(bytes) {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::SecretEnvironment;

    #[test]
    fn how_an_attempt_ends_is_told_unless_the_run_is_anothers() {
        let secrets = SecretEnvironment::from([("KEY".to_owned(), "sk-secret".into())]);
        let scrubber = Scrubber::new(&secrets);
        let failed = || Err(Failure::run("no sk-secret"));
        let told = |ended, why: Option<Why>| {
            let stop = Stop::default();
            why.into_iter().for_each(|why| stop.now(why));
            let finish = finish(ended, &stop, &scrubber);
            finish.map(|it| (it.outcome, it.error.unwrap_or_default()))
        };
        let some = |outcome, error: &str| Some((outcome, error.to_owned()));
        assert_eq!(
            told(Ok(Results::default()), None),
            some(RunOutcome::Succeeded, "")
        );
        assert_eq!(
            told(failed(), None),
            some(RunOutcome::Failed, "no [secret KEY]")
        );
        assert_eq!(
            told(failed(), Some(Why::Pause)),
            some(RunOutcome::Failed, "no [secret KEY]")
        );
        assert_eq!(
            told(failed(), Some(Why::Cancel)),
            some(RunOutcome::Canceled, "")
        );
        assert_eq!(
            told(Err(Failure::Stopped), Some(Why::Pause)),
            some(RunOutcome::Paused, "")
        );
        assert_eq!(
            told(Err(Failure::Stopped), Some(Why::TimedOut)),
            some(RunOutcome::Timeout, "the run took longer than it may")
        );
        let limit = Err(Failure::Paused("max_cost".to_owned()));
        assert_eq!(told(limit, None), some(RunOutcome::Paused, "max_cost"));
        for why in [Why::Lost, Why::Terminated, Why::Alone] {
            assert_eq!(told(failed(), Some(why)), None);
        }
    }

    #[test]
    fn a_sum_is_that_of_sha256sum() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }
}

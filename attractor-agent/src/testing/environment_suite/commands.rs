//! Commands that run to their end.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{Subject, TIMEOUT, ensure, exec, kind_of, stdout};
use crate::{
    Error, ErrorKind,
    environment::{ExecCommand, ExecResult, OutputSink},
};

pub(super) async fn same_directory(subject: Subject<'_>) -> Result<(), String> {
    subject.write("suite-dir/seen.txt", b"seen").await?;
    let text = stdout(subject.environment, "cat suite-dir/seen.txt").await?;
    ensure(text == "seen", || text)?;
    let command = ExecCommand::new("cat seen.txt", TIMEOUT).working_dir("suite-dir");
    let text = exec(subject.environment, command).await?.stdout.text();
    ensure(text == "seen", || text)
}

pub(super) async fn streams(subject: Subject<'_>) -> Result<(), String> {
    let command = ExecCommand::new("echo out; echo err >&2; exit 3", TIMEOUT);
    let result = exec(subject.environment, command).await?;
    let seen = (result.stdout.text(), result.stderr.text(), result.exit_code);
    ensure(seen == ("out\n".to_owned(), "err\n".to_owned(), 3), || {
        format!("{seen:?}")
    })
}

pub(super) async fn empty_input(subject: Subject<'_>) -> Result<(), String> {
    let text = stdout(subject.environment, "cat; read -r line || echo end").await?;
    ensure(text == "end\n", || text)
}

pub(super) async fn variables(subject: Subject<'_>) -> Result<(), String> {
    let command =
        ExecCommand::new("echo \"$SUITE_API_KEY\"", TIMEOUT).variable("SUITE_API_KEY", "v");
    let text = exec(subject.environment, command).await?.stdout.text();
    ensure(text == "v\n", || text)
}

pub(super) async fn streaming(subject: Subject<'_>) -> Result<(), String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let seen = Arc::clone(&seen);
        OutputSink::new(move |_, chunk| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(chunk);
        })
    };
    exec(
        subject.environment,
        ExecCommand::new("printf abc", TIMEOUT).output(sink),
    )
    .await?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    ensure(seen == b"abc", || format!("{seen:?}"))
}

pub(super) async fn background(subject: Subject<'_>) -> Result<(), String> {
    let result = exec(
        subject.environment,
        ExecCommand::new("sleep 20 & echo hi", TIMEOUT),
    )
    .await?;
    ensure(result.stdout.text() == "hi\n", || format!("{result:?}"))?;
    ensure(result.duration < PROMPTLY, || {
        format!("took {:?}", result.duration)
    })
}

pub(super) async fn timeout(subject: Subject<'_>) -> Result<(), String> {
    let command = ExecCommand::new("echo begun; sleep 20", LONG_ENOUGH);
    let result = exec(subject.environment, command).await?;
    ensure(result.timed_out && !result.success(), || {
        format!("{result:?}")
    })?;
    ensure(result.stdout.text() == "begun\n", || format!("{result:?}"))?;
    ensure(result.duration < PROMPTLY, || {
        format!("took {:?}", result.duration)
    })
}

pub(super) async fn cancel(subject: Subject<'_>) -> Result<(), String> {
    let result = cancelled(subject, "echo begun; sleep 20", TIMEOUT).await?;
    ensure(result.stdout.text() == "begun\n", || format!("{result:?}"))?;
    ensure(result.duration < PROMPTLY, || {
        format!("took {:?}", result.duration)
    })
}

pub(super) async fn cancel_politely(subject: Subject<'_>) -> Result<(), String> {
    let command =
        "trap 'sleep 0.3; echo cleaned; exit' TERM; echo begun; while :; do sleep 0.05; done";
    let result = cancelled(subject, command, TIMEOUT).await?;
    ensure(result.stdout.text() == "begun\ncleaned\n", || {
        format!("{result:?}")
    })
}

pub(super) async fn cancel_rudely(subject: Subject<'_>) -> Result<(), String> {
    let command = "trap '' TERM; echo begun; while :; do sleep 0.05; done";
    let result = cancelled(subject, command, Duration::from_millis(100)).await?;
    ensure(result.duration < PROMPTLY, || {
        format!("took {:?}", result.duration)
    })
}

/// A busy machine has started a shell by then.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

/// Far above what it takes on a busy machine, far below what it would take to wait.
const PROMPTLY: Duration = Duration::from_secs(10);

/// Runs a command that is cancelled at its first output.
async fn cancelled(
    subject: Subject<'_>,
    command: &str,
    grace: Duration,
) -> Result<ExecResult, String> {
    let token = CancellationToken::new();
    let sink = {
        let token = token.clone();
        OutputSink::new(move |_, _| token.cancel())
    };
    let command = ExecCommand::new(command, TIMEOUT)
        .cancel(token)
        .cancel_grace(grace)
        .output(sink);
    let result = exec(subject.environment, command).await?;
    ensure(result.cancelled, || format!("{result:?}"))?;
    Ok(result)
}

pub(super) async fn refusal(subject: Subject<'_>) -> Result<(), String> {
    let command = ExecCommand::new("true", TIMEOUT);
    refused(subject.environment.exec_command(command).await)
}

pub(super) async fn no_running(subject: Subject<'_>) -> Result<(), String> {
    let command = ExecCommand::new("true", TIMEOUT);
    refused(subject.environment.start_command(command).await)
}

fn refused<T: Debug>(result: Result<T, Error>) -> Result<(), String> {
    let kind = kind_of(result);
    let expected = [
        Some(ErrorKind::Unsupported),
        Some(ErrorKind::PermissionDenied),
    ];
    ensure(expected.contains(&kind), || {
        format!("it was allowed, or gave {kind:?}")
    })
}

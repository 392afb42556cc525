//! Commands that are talked to while they run.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Subject, TIMEOUT, ensure, failed};
use crate::{
    ErrorKind,
    environment::{ExecCommand, RunningCommand},
};

type Running = Arc<dyn RunningCommand>;

async fn start(subject: Subject<'_>, command: ExecCommand) -> Result<Running, String> {
    let started = subject.environment.start_command(command).await;
    started.map_err(failed)
}

fn command(text: &str) -> ExecCommand {
    ExecCommand::new(text, TIMEOUT)
}

/// Takes output until this text has come.
async fn until(running: &Running, text: &str) -> Result<String, String> {
    let mut seen = String::new();
    let begun = tokio::time::Instant::now();
    while !seen.contains(text) {
        ensure(begun.elapsed() < TIMEOUT, || {
            format!("{text:?} never came, only {seen:?}")
        })?;
        let exited = running.wait(Duration::from_millis(10)).await;
        let exited = exited.map_err(failed)?;
        seen += &running.take_output().await.map_err(failed)?.text();
        ensure(exited.is_none() || seen.contains(text), || {
            format!("it exited with {exited:?} after {seen:?}")
        })?;
    }
    Ok(seen)
}

pub(super) async fn conversation(subject: Subject<'_>) -> Result<(), String> {
    let script = "while read -r line; do echo \"got $line\"; done; echo end >&2; exit 4";
    let running = start(subject, command(script)).await?;
    for word in ["one", "two"] {
        let line = format!("{word}\n");
        running.write_input(line.as_bytes()).await.map_err(failed)?;
        let seen = until(&running, "\n").await?;
        ensure(seen == format!("got {word}\n"), || seen)?;
    }
    running.close_input().await.map_err(failed)?;
    let code = running.wait(TIMEOUT).await.map_err(failed)?;
    let last = running.take_output().await.map_err(failed)?.text();
    ensure(code == Some(4) && last == "end\n", || {
        format!("{code:?} {last:?}")
    })?;
    let nothing = running.take_output().await.map_err(failed)?;
    let late = running
        .write_input(b"x")
        .await
        .map_err(|error| error.kind());
    ensure(nothing.total_bytes() == 0, || {
        "output came twice".to_owned()
    })?;
    ensure(late == Err(ErrorKind::Closed), || format!("{late:?}"))
}

pub(super) async fn waiting(subject: Subject<'_>) -> Result<(), String> {
    let running = start(subject, command("echo begun; sleep 20")).await?;
    let code = running.wait(Duration::from_millis(50)).await;
    ensure(code.map_err(failed)?.is_none(), || {
        "it isn't over yet".to_owned()
    })?;
    until(&running, "begun").await?;
    running.interrupt().await.map_err(failed)?;
    let code = running.wait(TIMEOUT).await.map_err(failed)?;
    ensure(code == Some(130), || format!("interrupted: {code:?}"))
}

pub(super) async fn termination(subject: Subject<'_>) -> Result<(), String> {
    let stubborn = "trap '' TERM; echo $$; while :; do sleep 0.1; done";
    let running = start(subject, command(stubborn)).await?;
    let pid = until(&running, "\n").await?;
    running.terminate().await.map_err(failed)?;
    let code = running.wait(Duration::ZERO).await.map_err(failed)?;
    ensure(code == Some(137), || format!("{code:?}"))?;
    running.terminate().await.map_err(failed)?;
    gone(subject, pid.trim()).await
}

pub(super) async fn dropping(subject: Subject<'_>) -> Result<(), String> {
    let running = start(subject, command("echo $$; sleep 300 & wait")).await?;
    let pid = until(&running, "\n").await?;
    drop(running);
    gone(subject, pid.trim()).await
}

pub(super) async fn cancelling(subject: Subject<'_>) -> Result<(), String> {
    let stubborn = "trap '' TERM; echo begun; while :; do sleep 0.1; done";
    for (script, grace) in [
        ("echo begun; sleep 300", 4 * TIMEOUT),
        (stubborn, Duration::from_millis(100)),
    ] {
        let token = CancellationToken::new();
        let command = command(script).cancel(token.clone()).cancel_grace(grace);
        let running = start(subject, command).await?;
        until(&running, "begun").await?;
        token.cancel();
        let code = running.wait(TIMEOUT).await.map_err(failed)?;
        ensure(code.is_some(), || "it still runs".to_owned())?;
    }
    Ok(())
}

pub(super) async fn flood(subject: Subject<'_>) -> Result<(), String> {
    let script = "echo first; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo last";
    let running = start(subject, command(script)).await?;
    let code = running.wait(TIMEOUT).await.map_err(failed)?;
    let output = running.take_output().await.map_err(failed)?;
    let text = output.text();
    ensure(code == Some(0) && output.total_bytes() == 5_000_012, || {
        format!("{code:?}, {} bytes", output.total_bytes())
    })?;
    ensure(
        text.starts_with("first\n") && text.ends_with("last\n") && text.len() < 2_000_000,
        || format!("{} bytes in memory", text.len()),
    )
}

pub(super) async fn terminal(subject: Subject<'_>) -> Result<(), String> {
    let script =
        "test -t 0 && test -t 1 && echo terminal; stty size; read -r line; echo \"<$line>\"";
    let running = start(subject, command(script).terminal(true)).await?;
    let seen = until(&running, "\n").await?;
    ensure(seen.starts_with("terminal"), || seen)?;
    running.write_input(b"typed\n").await.map_err(failed)?;
    until(&running, "<typed>").await?;
    ensure(
        running.wait(TIMEOUT).await.map_err(failed)? == Some(0),
        || "it didn't end".to_owned(),
    )?;
    let running = start(subject, command("echo begun; sleep 300").terminal(true)).await?;
    until(&running, "begun").await?;
    running.write_input(b"\x03").await.map_err(failed)?;
    let code = running.wait(TIMEOUT).await.map_err(failed)?;
    ensure(code == Some(130), || format!("Ctrl-C: {code:?}"))
}

/// Whether a process ends within a moment.
async fn gone(subject: Subject<'_>, pid: &str) -> Result<(), String> {
    let script = format!(
        "for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 {pid} 2>/dev/null || exit 0; sleep 0.1; done; exit 1"
    );
    let result = super::exec(subject.environment, command(&script)).await?;
    ensure(result.success(), || format!("process {pid} still runs"))
}

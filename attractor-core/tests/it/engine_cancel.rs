//! A cancel stops a run at once, wherever it is, and leaves it resumable.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attractor_core::testing::{Act, Script, ScriptedAttempt};
use attractor_core::{
    CallbackInterviewer, Engine, JournalEntry, Outcome, ResumeOptions, RunDirectory, RunEvent,
    RunOptions, RunReport, RunStatus, RunUpdate,
};
use futures::StreamExt as _;

use crate::support::{pipeline, scripted};

/// Runs until `reached` holds for an update, cancels, and returns the report and how long the
/// cancel took.
async fn cancel_when(
    engine: &Engine,
    directory: &Path,
    statements: &str,
    reached: impl Fn(&RunUpdate) -> bool,
) -> (RunReport, Duration) {
    let pipeline = pipeline(engine, statements);
    let run = engine
        .start(&pipeline, RunOptions::new(directory))
        .await
        .unwrap();
    let handle = run.handle();
    let mut events = handle.events();
    let watch = async {
        while let Some(update) = events.next().await {
            if reached(&update) {
                handle.cancel();
                return Instant::now();
            }
        }
        panic!("the run ended before it could be cancelled");
    };
    let (report, cancelled) = tokio::join!(run.execute(), watch);
    (report.unwrap(), cancelled.elapsed())
}

fn event(update: &RunUpdate) -> &'static str {
    match update {
        RunUpdate::Entry(entry) => entry.event.name(),
        _ => "live",
    }
}

fn entries(directory: &Path) -> Vec<JournalEntry> {
    RunDirectory::open(directory).unwrap().entries().unwrap()
}

fn assert_stopped(directory: &Path, report: &RunReport, took: Duration) {
    assert_eq!(report.status, RunStatus::Cancelled);
    assert!(took < Duration::from_secs(1), "the cancel took {took:?}");
    let entries = entries(directory);
    let last = &entries.last().unwrap().event;
    assert!(matches!(last, RunEvent::RunInterrupted { .. }), "{last:?}");
    assert!(
        RunDirectory::open(directory)
            .unwrap()
            .checkpoint()
            .unwrap()
            .is_some()
    );
}

async fn assert_resumes(directory: &Path) {
    let engine = scripted(Script::new()).0.build();
    let run = engine
        .resume(directory, ResumeOptions::new())
        .await
        .unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
}

#[tokio::test]
async fn during_back_off() {
    let root = tempfile::tempdir().unwrap();
    let script = Script::new().node("work", [Outcome::fail("flaky")]);
    let engine = scripted(script).0.build();
    let statements = "work [prompt=W, max_retries=9, retry_policy=patient]\n start -> work -> exit";
    let reached = |update: &RunUpdate| event(update) == "stage_retrying";
    let (report, took) = cancel_when(&engine, root.path(), statements, reached).await;
    assert_stopped(root.path(), &report, took);
    assert_resumes(root.path()).await;
}

#[tokio::test]
async fn during_a_backend_that_never_answers() {
    let root = tempfile::tempdir().unwrap();
    let never = ScriptedAttempt::from(Outcome::success()).act(Act::Never);
    let engine = scripted(Script::new().node("work", [never])).0.build();
    let statements = "work [prompt=W]\n start -> work -> exit";
    let reached = |update: &RunUpdate| is_started(update, "work");
    let (report, took) = cancel_when(&engine, root.path(), statements, reached).await;
    assert_stopped(root.path(), &report, took);
    assert_resumes(root.path()).await;
}

fn is_started(update: &RunUpdate, wanted: &str) -> bool {
    let RunUpdate::Entry(entry) = update else {
        return false;
    };
    matches!(&entry.event, RunEvent::StageStarted { node, .. } if node == wanted)
}

#[tokio::test]
async fn at_a_human_gate() {
    let root = tempfile::tempdir().unwrap();
    let nobody = CallbackInterviewer::new(|_| std::future::pending());
    let engine = Engine::builder().interviewer(Arc::new(nobody)).build();
    let statements = "gate [shape=hexagon]\n start -> gate -> exit";
    let reached = |update: &RunUpdate| event(update) == "interview_started";
    let (report, took) = cancel_when(&engine, root.path(), statements, reached).await;
    assert_stopped(root.path(), &report, took);
    assert_resumes(root.path()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn during_a_tool_whose_grandchild_goes_too() {
    let root = tempfile::tempdir().unwrap();
    let engine = scripted(Script::new()).0.build();
    let statements = r#"
        work [shape=parallelogram, tool_command="trap '' TERM; sleep 600 & echo $!; wait"]
        start -> work -> exit"#;
    let grandchild = std::sync::Mutex::new(String::new());
    let reached = |update: &RunUpdate| heard(update, &grandchild);
    let (report, took) = cancel_when(&engine, root.path(), statements, reached).await;
    assert_stopped(root.path(), &report, took);
    let grandchild = grandchild.lock().unwrap().trim().to_owned();
    assert!(is_gone(&grandchild), "process {grandchild} is still there");
}

/// A branch whose grandchild ignores TERM.
#[cfg(unix)]
const STUBBORN: &str = r#"
    stubborn [shape=parallelogram, tool_command="trap '' TERM; sleep 600 & echo $!; wait"]
    never [prompt=N]
    join [shape=tripleoctagon]
    start -> fan -> stubborn -> join -> exit
    fan -> never -> join"#;

#[cfg(unix)]
#[tokio::test]
async fn in_branches_all_at_once() {
    let root = tempfile::tempdir().unwrap();
    let never = ScriptedAttempt::from(Outcome::success()).act(Act::Never);
    let engine = scripted(Script::new().node("never", [never])).0.build();
    let statements = format!("fan [shape=component]\n{STUBBORN}");
    let grandchild = std::sync::Mutex::new(String::new());
    let reached = |update: &RunUpdate| heard(update, &grandchild);
    let (report, took) = cancel_when(&engine, root.path(), &statements, reached).await;
    assert_stopped(root.path(), &report, took);
    let grandchild = grandchild.lock().unwrap().trim().to_owned();
    assert!(is_gone(&grandchild), "process {grandchild} is still there");
}

#[cfg(unix)]
#[tokio::test]
async fn of_the_losers_when_the_first_success_is_enough() {
    let root = tempfile::tempdir().unwrap();
    let winner = ScriptedAttempt::from(Outcome::success()).after_ms(500);
    let engine = scripted(Script::new().node("never", [winner])).0.build();
    let statements = format!("fan [shape=component, join_policy=first_success]\n{STUBBORN}");
    let pipeline = pipeline(&engine, &statements);
    let run = engine
        .start(&pipeline, RunOptions::new(root.path()))
        .await
        .unwrap();
    let mut events = run.handle().events();
    let grandchild = std::sync::Mutex::new(String::new());
    let watch = async {
        let (mut won, mut lost) = (None, None);
        while let Some(update) = events.next().await {
            heard(&update, &grandchild);
            if let RunUpdate::Entry(entry) = &update
                && let RunEvent::ParallelBranchCompleted { success, .. } = &entry.event
            {
                let end = if *success { &mut won } else { &mut lost };
                *end = Some(Instant::now());
            }
        }
        lost.unwrap() - won.unwrap()
    };
    let (report, took) = tokio::join!(run.execute(), watch);
    assert_eq!(report.unwrap().status, RunStatus::Success);
    assert!(took < Duration::from_secs(1), "the cancel took {took:?}");
    let grandchild = grandchild.lock().unwrap().trim().to_owned();
    assert!(is_gone(&grandchild), "process {grandchild} is still there");
}

/// Collects what a tool prints; whether its line is complete.
#[cfg(unix)]
fn heard(update: &RunUpdate, line: &std::sync::Mutex<String>) -> bool {
    let mut line = line.lock().unwrap();
    if let RunUpdate::Live { progress, .. } = update
        && let attractor_core::StageProgress::ToolOutputDelta { text, .. } = &**progress
    {
        line.push_str(text);
    }
    line.ends_with('\n')
}

#[cfg(unix)]
#[tokio::test]
async fn dropping_the_execution_kills_the_tool_too() {
    let root = tempfile::tempdir().unwrap();
    let engine = scripted(Script::new()).0.build();
    let statements = r#"
        work [shape=parallelogram, tool_command="sleep 600 & echo $!; wait"]
        start -> work -> exit"#;
    let pipeline = pipeline(&engine, statements);
    let run = engine
        .start(&pipeline, RunOptions::new(root.path()))
        .await
        .unwrap();
    let mut events = run.handle().events();
    let first_line = async {
        loop {
            let update = events.next().await.unwrap();
            let RunUpdate::Live { progress, .. } = update else {
                continue;
            };
            let attractor_core::StageProgress::ToolOutputDelta { text, .. } = &*progress else {
                continue;
            };
            return text.trim().to_owned();
        }
    };
    let grandchild = tokio::select! {
        report = run.execute() => panic!("{report:?}"),
        line = first_line => line,
    };
    assert!(is_gone(&grandchild), "process {grandchild} is still there");
    assert_resumes_after_drop(root.path());
}

/// A run that was dropped is in the journal up to the stage that was cut off.
#[cfg(unix)]
fn assert_resumes_after_drop(directory: &Path) {
    let entries = entries(directory);
    let last = &entries.last().unwrap().event;
    assert!(
        matches!(last, RunEvent::StageStarted { node, .. } if node == "work"),
        "{last:?}"
    );
}

/// Whether a process has ended; one that nobody has reaped yet has.
#[cfg(unix)]
fn is_gone(process: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        let status = std::process::Command::new("ps")
            .args(["-o", "stat=", "-p", process])
            .output();
        let state = String::from_utf8(status.unwrap().stdout).unwrap();
        if state.trim().is_empty() || state.starts_with('Z') {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
    }
}

#[tokio::test]
async fn the_first_reason_is_the_one_that_is_recorded() {
    let root = tempfile::tempdir().unwrap();
    let nobody = CallbackInterviewer::new(|_| std::future::pending());
    let engine = Engine::builder().interviewer(Arc::new(nobody)).build();
    let pipeline = pipeline(&engine, "gate [shape=hexagon]\n start -> gate -> exit");
    let run = engine
        .start(&pipeline, RunOptions::new(root.path()))
        .await
        .unwrap();
    let handle = run.handle();
    let mut events = handle.events();
    let watch = async {
        while event(&events.next().await.unwrap()) != "interview_started" {}
        handle.interrupt("lunch");
        handle.interrupt("a later one");
        handle.cancel();
    };
    let (report, ()) = tokio::join!(run.execute(), watch);
    assert_eq!(report.unwrap().reason.as_deref(), Some("lunch"));
    let last = entries(root.path()).pop().unwrap();
    assert!(matches!(last.event, RunEvent::RunInterrupted { reason } if reason == "lunch"));
}

#[tokio::test]
async fn before_its_first_step_it_is_recorded_too() {
    let root = tempfile::tempdir().unwrap();
    let engine = scripted(Script::new()).0.build();
    let pipeline = pipeline(&engine, "start -> exit");
    let run = engine
        .start(&pipeline, RunOptions::new(root.path()))
        .await
        .unwrap();
    run.handle().cancel();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Cancelled);
    let entries = entries(root.path());
    let names: Vec<_> = entries.iter().map(|entry| entry.event.name()).collect();
    assert_eq!(names, ["run_started", "run_interrupted"]);
    assert_resumes(root.path()).await;
}

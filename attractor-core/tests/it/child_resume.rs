//! A run with a child stops after any event of either journal and goes on as if nothing had
//! happened.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::{Crash, CrashAfter, Script, event_log};
use attractor_core::{
    Engine, Outcome, ResumeOptions, RunDirectory, RunEvent, RunOptions, RunReport, RunStatus,
    UsageTotals,
};

use crate::child::{CHILD, Files, PARENT, script};
use crate::support::scripted;

fn files() -> Files {
    Files::new(&[("main.dot", PARENT), ("child.dot", CHILD)])
}

/// Runs to the end, or until the journal crashes after so many entries.
async fn begin(files: &Files, script: &Script, place: &str, entries: u64) -> Option<RunReport> {
    let engine = scripted(script.clone()).0.build();
    let journal = RunDirectory::create(files.path().join(place)).unwrap();
    let journal = Arc::new(CrashAfter::new(Arc::new(journal), entries, Crash::Error));
    let options = RunOptions::with_journal(journal).run_id("run").seed(7);
    let run = engine
        .start(&files.prepare(&engine), options)
        .await
        .unwrap();
    run.execute().await.ok()
}

/// Resumes, and says what was executed after that.
async fn resume(files: &Files, script: &Script, place: &str) -> (RunReport, Vec<String>) {
    let (builder, backend) = scripted(script.clone());
    let run = builder.build();
    let run = run
        .resume(files.path().join(place), ResumeOptions::new())
        .await
        .unwrap();
    (run.execute().await.unwrap(), backend.executed())
}

fn log(files: &Files, place: &str) -> String {
    let directory = RunDirectory::open(files.path().join(place)).unwrap();
    event_log(&directory.entries().unwrap())
}

/// The lines of a journal without what only a resume puts there or takes apart.
fn story(files: &Files, place: &str) -> Vec<String> {
    let log = log(files, place);
    let resumes = [
        "run_resumed",
        "run_interrupted",
        "child_usage",
        "child_started",
    ];
    let lines = log.lines();
    let mut story: Vec<String> = Vec::new();
    for line in lines.filter(|line| !resumes.iter().any(|name| line.starts_with(name))) {
        // An attempt that a crash cut off is begun again.
        if let Some(place) = story.iter().rposition(|known| known == line)
            && line.starts_with("stage_started")
        {
            story.truncate(place);
        }
        story.push(line.to_owned());
    }
    // A model that answered before a crash is asked again, which costs something.
    story.retain(|line| !line.starts_with("model_response"));
    story.iter().map(|line| without_usage(line)).collect()
}

/// A text without the numbers behind the context keys that count what a child has used.
fn without_usage(line: &str) -> String {
    let mut line = line.to_owned();
    for key in USAGE_KEYS {
        let quoted = format!("\"{key}\":");
        let Some(place) = line.find(&quoted) else {
            continue;
        };
        let start = place + quoted.len();
        let rest = &line[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        line.replace_range(start..start + end, "");
    }
    line
}

const USAGE_KEYS: [&str; 3] = [
    "stack.child.cost_micro_usd",
    "stack.child.model_responses",
    "stack.child.tokens",
];

/// What the models cost according to the journals of the run and of its child.
fn costs(files: &Files, place: &str) -> u64 {
    let journals = [place.to_owned(), format!("{place}/part/child")];
    let entries = journals.iter().flat_map(|place| {
        let directory = RunDirectory::open(files.path().join(place)).unwrap();
        directory.entries().unwrap()
    });
    let mut usage = UsageTotals::default();
    for entry in entries {
        if let RunEvent::Progress { progress, .. } = entry.event
            && progress.name() == "model_response"
        {
            usage.count(&progress);
        }
    }
    usage.cost_micro_usd
}

fn assert_same(files: &Files, place: &str, report: &RunReport, expected: &RunReport) {
    assert_eq!(report.status, expected.status, "{place}");
    assert_eq!(report.reason, expected.reason, "{place}");
    assert_eq!(report.usage.cost_micro_usd, costs(files, place), "{place}");
    assert_eq!(report.completed_nodes, expected.completed_nodes, "{place}");
    let context = |report: &RunReport| {
        let mut values = report.context.snapshot();
        values.retain(|key, _| !USAGE_KEYS.contains(&key.as_str()));
        values
    };
    assert_eq!(context(report), context(expected), "{place}");
    assert_eq!(story(files, place), story(files, "whole"), "{place}");
    let child = |place: &str| story(files, &format!("{place}/part/child"));
    assert_eq!(child(place), child("whole"), "{place}");
}

#[tokio::test(start_paused = true)]
async fn a_run_with_a_child_resumes_after_any_event_of_its_own() {
    let (files, script) = (files(), script());
    let expected = begin(&files, &script, "whole", u64::MAX).await.unwrap();
    let count = log(&files, "whole").lines().count() as u64;
    for entries in 1..count {
        let place = format!("after-{entries}");
        assert!(
            begin(&files, &script, &place, entries).await.is_none(),
            "{place}"
        );
        let (report, _) = resume(&files, &script, &place).await;
        assert_same(&files, &place, &report, &expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_with_a_child_resumes_after_any_event_of_the_child() {
    for script in [script(), failing()] {
        let files = files();
        let expected = begin(&files, &script, "whole", u64::MAX).await.unwrap();
        let count = log(&files, "whole/part/child").lines().count();
        for entries in 0..=count {
            for counted in [true, false] {
                let place = format!("after-{entries}-{counted}");
                cut(&files, &place, entries, counted);
                let (report, executed) = resume(&files, &script, &place).await;
                assert_same(&files, &place, &report, &expected);
                let again = executed.iter().any(|stage| stage.starts_with("plan/"));
                assert!(!again, "{place}: {executed:?}");
            }
        }
    }
}

/// A child that fails, and wouldn't if its stage were tried again.
fn failing() -> Script {
    let attempts = [Outcome::fail("red"), Outcome::success()];
    Script::new()
        .node("build", [script().attempt("build", 1)])
        .node("test", attempts)
}

/// Makes the directory of a run that was killed when its child had so many entries, with or
/// without the reports of what these have used.
fn cut(files: &Files, place: &str, entries: usize, counted: bool) {
    let (from, to) = (files.path().join("whole"), files.path().join(place));
    copy(&from, &to);
    keep_lines(&to.join("part/child/events.jsonl"), |number, _| {
        number < entries
    });
    let child = fs::read_to_string(to.join("part/child/events.jsonl")).unwrap();
    let answers = child.lines().filter(|line| line.contains("model_response"));
    let answers = if counted { answers.count() } else { 0 };
    let whole = fs::read_to_string(to.join("events.jsonl")).unwrap();
    let started = whole
        .lines()
        .position(|line| line.contains("child_started"));
    let started = started.unwrap();
    keep_lines(&to.join("events.jsonl"), |number, _| {
        number <= started + answers
    });
}

fn keep_lines(path: &Path, keep: impl Fn(usize, &str) -> bool) {
    let text = fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .enumerate()
        .filter(|(number, line)| keep(*number, line));
    let kept: String = lines.map(|(_, line)| format!("{line}\n")).collect();
    fs::write(path, kept).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_in_its_child_goes_on_there() {
    let files = files();
    let broken = Script::new()
        .node("test", [Outcome::fail("red")])
        .node("build", [script().attempt("build", 1)]);
    let report = begin(&files, &broken, "run", u64::MAX).await.unwrap();
    assert_eq!(report.status, RunStatus::Fail);
    let (report, executed) = resume(&files, &script(), "run").await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    // Only what had failed, and what comes after it.
    assert_eq!(executed, ["test/1/1", "after/1/1"]);
    assert_eq!(
        report.usage.cost_micro_usd, 1_500,
        "what was counted stays counted once"
    );
    assert!(files.run().join("part/child/manifest.json").is_file());
    assert!(!files.run().join("part/attempt-1/child").exists());
}

#[tokio::test(start_paused = true)]
async fn a_run_is_resumed_with_the_child_it_was_started_with() {
    let (files, script) = (files(), script());
    let expected = begin(&files, &script, "whole", u64::MAX).await.unwrap();
    assert!(begin(&files, &script, "run", 5).await.is_none());
    for name in ["main.dot", "child.dot"] {
        fs::remove_file(files.path().join(name)).unwrap();
    }
    let (report, _) = resume(&files, &script, "run").await;
    assert_same(&files, "run", &report, &expected);
}

#[tokio::test(start_paused = true)]
async fn a_child_is_a_run_that_can_be_opened_by_itself() {
    let (files, script) = (files(), script());
    begin(&files, &script, "whole", u64::MAX).await.unwrap();
    let engine = Engine::builder().build();
    let place = files.path().join("whole/part/child");
    let run = engine.resume(place, ResumeOptions::new()).await.unwrap();
    assert_eq!(run.state().run_id(), "run.part.1");
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
}

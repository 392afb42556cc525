//! Where runs are kept: what survives, and what is refused.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use attractor_core::testing::{Script, journal_suite};
use attractor_core::{
    Engine, EngineRun, ErrorKind, MemoryJournal, ResumeOptions, RunDirectory, RunOptions,
    RunStatus, StageKey,
};

use crate::support::{files, pipeline, scripted};

fn engine() -> Engine {
    scripted(Script::new()).0.build()
}

async fn start(directory: &Path) -> EngineRun {
    let engine = engine();
    let pipeline = pipeline(&engine, "work [prompt=Work]\n start -> work -> exit");
    engine
        .start(&pipeline, RunOptions::new(directory).run_id("run"))
        .await
        .unwrap()
}

/// A finished run, and the path of its events.
async fn finished(directory: &Path) -> std::path::PathBuf {
    start(directory).await.execute().await.unwrap();
    directory.join("events.jsonl")
}

#[tokio::test]
async fn both_journals_pass_the_suite() {
    let root = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemoryJournal::new());
    journal_suite(|| Arc::clone(&memory) as _).await;
    journal_suite(|| {
        let path = root.path().join("run");
        let there = path.join("manifest.json").exists();
        let opened = if there {
            RunDirectory::open_locked(path)
        } else {
            RunDirectory::create(path)
        };
        Arc::new(opened.unwrap())
    })
    .await;
}

#[tokio::test]
async fn a_run_leaves_the_files_that_are_documented() {
    let root = tempfile::tempdir().unwrap();
    finished(root.path()).await;
    let names: Vec<String> = files(root.path()).into_keys().collect();
    let expected = [
        ".gitignore",
        "checkpoint.json",
        "events.jsonl",
        "exit/status.json",
        "lock",
        "manifest.json",
        "pipeline.dot",
        "start/status.json",
        "work/prompt.md",
        "work/response.md",
        "work/status.json",
    ];
    assert_eq!(names, expected);
    let directory = RunDirectory::open(root.path()).unwrap();
    let checkpoint = directory.checkpoint().unwrap().unwrap();
    assert_eq!(checkpoint.current_node.unwrap(), "exit");
    assert_eq!(checkpoint.completed_nodes, ["start", "work", "exit"]);
    assert_eq!(directory.manifest().unwrap().run_id, "run");
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let root = tempfile::tempdir().unwrap();
    let events = finished(root.path()).await;
    let text = fs::read_to_string(&events).unwrap();
    let lines = text.lines().count();
    // The end of the run is torn, so the resumed run reaches it again.
    fs::write(&events, &text[..text.len() - 10]).unwrap();
    assert_eq!(
        RunDirectory::open(root.path())
            .unwrap()
            .entries()
            .unwrap()
            .len(),
        lines - 1
    );
    let run = engine()
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
    let entries = RunDirectory::open(root.path()).unwrap().entries().unwrap();
    // One more for the resume.
    assert_eq!(entries.len(), lines + 1);
}

#[tokio::test]
async fn a_damaged_line_in_the_middle_is_named() {
    let root = tempfile::tempdir().unwrap();
    let events = finished(root.path()).await;
    let text = fs::read_to_string(&events).unwrap();
    let third = text.lines().nth(2).unwrap();
    fs::write(&events, text.replace(third, "{\"version\":1,")).unwrap();
    let error = engine()
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.to_string().starts_with("line 3 of "), "{error}");
}

#[tokio::test]
async fn an_entry_that_is_missing_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let events = finished(root.path()).await;
    let text = fs::read_to_string(&events).unwrap();
    let without: String = text
        .lines()
        .enumerate()
        .filter(|(at, _)| *at != 2)
        .map(|(_, l)| format!("{l}\n"))
        .collect();
    fs::write(&events, without).unwrap();
    let error = engine()
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "entry 4 is where entry 3 should be");
}

#[tokio::test]
async fn two_processes_cannot_execute_one_run() {
    let root = tempfile::tempdir().unwrap();
    let run = start(root.path()).await;
    let error = engine()
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(
        error.to_string().contains("is executing the run in"),
        "{error}"
    );
    // Reading is allowed.
    assert!(RunDirectory::open(root.path()).is_ok());
    drop(run);
    assert!(
        engine()
            .resume(root.path(), ResumeOptions::new())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_directory_with_a_run_is_not_overwritten_and_one_without_is_not_resumed() {
    let root = tempfile::tempdir().unwrap();
    finished(root.path()).await;
    assert_eq!(
        RunDirectory::create(root.path()).unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    let empty = tempfile::tempdir().unwrap();
    let error = engine()
        .resume(empty.path(), ResumeOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let file = root.path().join("events.jsonl");
    assert_eq!(
        RunDirectory::create(file.join("run")).unwrap_err().kind(),
        ErrorKind::Io
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_journal_that_is_no_regular_file_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let run = start(root.path()).await;
    std::os::unix::fs::symlink("/dev/zero", root.path().join("events.jsonl")).unwrap();
    let error = run.execute().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(
        error
            .to_string()
            .ends_with("events.jsonl is not a regular file"),
        "{error}"
    );
}

#[test]
fn a_node_may_have_the_name_of_a_file_of_the_run() {
    let root = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(root.path()).unwrap();
    let stage = StageKey::first("lock".parse().unwrap());
    assert_eq!(
        directory.stage_directory(&stage),
        directory.path().join("lock-node")
    );
}

#[tokio::test]
async fn garbage_behind_the_last_line_does_not_hide_the_run() {
    let root = tempfile::tempdir().unwrap();
    let events = finished(root.path()).await;
    let mut file = OpenOptions::new().append(true).open(&events).unwrap();
    file.write_all(&[0; 100]).unwrap();
    let run = engine()
        .resume(root.path(), ResumeOptions::new())
        .await
        .unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
}

#[tokio::test]
async fn a_reader_follows_a_journal_that_grows() {
    let root = tempfile::tempdir().unwrap();
    let events = finished(root.path()).await;
    let text = fs::read_to_string(&events).unwrap();
    let directory = RunDirectory::open(root.path()).unwrap();
    let all = directory.entries().unwrap();
    assert_eq!(directory.last_entry().unwrap().as_ref(), all.last());

    // Cut at every byte of its first lines, it gives what is whole, and later the rest.
    let lines: usize = text.split_inclusive('\n').take(2).map(str::len).sum();
    for cut in 0..=lines {
        fs::write(&events, &text[..cut]).unwrap();
        let mut reader = directory.reader();
        let mut read = Vec::new();
        while let Some(entry) = reader.read().unwrap() {
            read.push(entry);
        }
        let whole = text[..cut].matches('\n').count();
        assert_eq!(read, all[..whole], "cut at byte {cut}");
        assert_eq!(directory.last_entry().unwrap().as_ref(), read.last());
        fs::write(&events, &text).unwrap();
        while let Some(entry) = reader.read().unwrap() {
            read.push(entry);
        }
        assert_eq!(read, all, "cut at byte {cut}");
    }
}

#[tokio::test]
async fn a_reader_says_when_a_journal_has_lost_what_was_read() {
    let root = tempfile::tempdir().unwrap();
    let events = finished(root.path()).await;
    let directory = RunDirectory::open(root.path()).unwrap();
    let mut reader = directory.reader();
    while reader.read().unwrap().is_some() {}
    fs::write(&events, "").unwrap();
    assert_eq!(reader.read().unwrap_err().kind(), ErrorKind::Damaged);
    assert!(directory.last_entry().unwrap().is_none());
    fs::write(&events, "nonsense\n").unwrap();
    assert_eq!(
        directory.last_entry().unwrap_err().kind(),
        ErrorKind::Damaged
    );
    assert_eq!(
        directory.reader().read().unwrap_err().kind(),
        ErrorKind::Damaged
    );
}

#[tokio::test]
async fn a_checkpoint_follows_every_stage_of_a_short_run_and_every_sixteenth_of_a_long_one() {
    let engine = engine();
    let stages: Vec<_> = (0..400).map(|number| format!("n{number}")).collect();
    let nodes: String = (stages.iter().map(|node| format!("{node} [prompt=Work]\n"))).collect();
    let source = format!("{nodes} start -> {} -> exit", stages.join(" -> "));
    let pipeline = pipeline(&engine, &source);
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _);
    let run = engine.start(&pipeline, options).await.unwrap();
    run.execute().await.unwrap();

    let (mut completed, mut saved_at) = (0_u64, Vec::new());
    for entry in journal.entries() {
        match entry.event.name() {
            "stage_completed" => completed += 1,
            "checkpoint_saved" => saved_at.push(completed),
            _ => {}
        }
    }
    let (short, long) = saved_at.split_at(63);
    assert!(short.iter().copied().eq(1..64), "{short:?}");
    let (last, long) = long.split_last().unwrap();
    assert_eq!(*last, completed, "one is saved before the end");
    for (before, at) in [63].iter().chain(long).zip(long) {
        assert_eq!(at - before, at / 16, "{long:?}");
    }
}

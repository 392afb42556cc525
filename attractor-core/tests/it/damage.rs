//! Run directories that a kill, a full disk or somebody's hand has left in disorder.

use std::fs;
use std::path::Path;

use attractor_core::testing::Script;
use attractor_core::{
    ErrorKind, Outcome, ResumeOptions, RunDirectory, RunOptions, RunReport, RunStatus,
};

use crate::resume::{engine, straight};
use crate::support::{digraph, quick_directory};

/// A retry, and a node that only routes.
fn source() -> String {
    digraph("a [prompt=A, max_retries=1]; b [shape=diamond]\n start -> a -> b -> exit")
}

fn script() -> Script {
    Script::new().node("a", [Outcome::retry("once more"), Outcome::success()])
}

/// Copies a finished run, its journal cut off at a byte.
fn cut(whole: &Path, to: &Path, length: usize) {
    fs::create_dir(to).unwrap();
    for name in ["manifest.json", "pipeline.dot", "checkpoint.json"] {
        fs::copy(whole.join(name), to.join(name)).unwrap();
    }
    let journal = fs::read(whole.join("events.jsonl")).unwrap();
    fs::write(to.join("events.jsonl"), &journal[..length]).unwrap();
}

async fn resume(directory: &Path) -> RunReport {
    let (engine, _) = engine(&script());
    let run = engine.resume(directory, ResumeOptions::new()).await;
    run.unwrap().execute().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_is_cut_at_any_byte_is_gone_on_with() {
    let root = quick_directory();
    let whole = root.path().join("whole");
    let expected = straight(&whole, &source(), &script()).await;
    assert_eq!(expected.status, RunStatus::Success);
    let text = fs::read(whole.join("events.jsonl")).unwrap();
    for length in 0..=text.len() {
        let directory = root.path().join("cut");
        cut(&whole, &directory, length);
        let report = resume(&directory).await;
        assert_eq!(report.status, expected.status, "cut at byte {length}");
        assert_eq!(
            report.completed_nodes, expected.completed_nodes,
            "cut at byte {length}"
        );
        let kept = fs::read(directory.join("events.jsonl")).unwrap();
        let lines = text[..length].iter().rposition(|byte| *byte == b'\n');
        let lines = lines.map_or(0, |end| end + 1);
        assert_eq!(kept[..lines], text[..lines], "what was whole is kept");
        let entries = RunDirectory::open(&directory).unwrap().entries().unwrap();
        assert!(entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq));
        fs::remove_dir_all(directory).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_is_garbage_loses_nothing() {
    let root = quick_directory();
    let whole = root.path().join("whole");
    let expected = straight(&whole, &source(), &script()).await;
    let journal = fs::read_to_string(whole.join("events.jsonl")).unwrap();
    let half = journal.split_inclusive('\n').take(8).map(str::len).sum();
    for (number, garbage) in ["", "{", "\u{0}\u{1}", "[1,2]", "{\"version\":99}"]
        .iter()
        .enumerate()
    {
        let directory = root.path().join(format!("garbage-{number}"));
        cut(&whole, &directory, half);
        fs::write(directory.join("checkpoint.json"), garbage).unwrap();
        let unread = RunDirectory::open(&directory).unwrap().checkpoint();
        assert_eq!(
            unread.unwrap_err().kind(),
            ErrorKind::Damaged,
            "{garbage:?}"
        );
        let report = resume(&directory).await;
        assert_eq!(report.status, expected.status, "{garbage:?}");
        assert_eq!(
            report.completed_nodes, expected.completed_nodes,
            "{garbage:?}"
        );
        let written = RunDirectory::open(&directory).unwrap().checkpoint();
        assert!(written.unwrap().is_some(), "a good one takes its place");
    }
    let none = root.path().join("none");
    cut(&whole, &none, half);
    fs::remove_file(none.join("checkpoint.json")).unwrap();
    assert_eq!(resume(&none).await.status, RunStatus::Success);
}

#[tokio::test]
async fn a_manifest_that_is_garbage_is_named() {
    let root = quick_directory();
    let whole = root.path().join("whole");
    straight(&whole, &source(), &script()).await;
    fs::write(whole.join("manifest.json"), "{").unwrap();
    let (engine, _) = engine(&script());
    let refused = engine
        .resume(&whole, ResumeOptions::new())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Damaged);
    assert!(
        refused.to_string().contains("manifest.json is damaged"),
        "{refused}"
    );
    // What is there isn't overwritten by a new run either.
    let pipeline = engine.prepare(&source()).unwrap();
    let again = engine.start(&pipeline, RunOptions::new(&whole)).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
}

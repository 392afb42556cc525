//! Artifacts: the store, and values that are too large for the context.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use attractor_core::{
    ArtifactStore, Engine, Error, ErrorKind, Handler, MemoryJournal, Outcome, ResumeOptions,
    RunDirectory, RunEvent, RunOptions, RunStatus, StageContext, StageProgress,
};
use serde_json::{Value, json};

use crate::support::pipeline;

const MEGABYTE: usize = 1024 * 1024;

#[test]
fn a_store_keeps_finds_lists_and_forgets() {
    let root = tempfile::tempdir().unwrap();
    for store in [
        ArtifactStore::in_memory(),
        ArtifactStore::in_directory(root.path()),
    ] {
        let large = Value::from("x".repeat(200 * 1024));
        store
            .store("small", "a report", json!({"passed": 3}))
            .unwrap();
        let info = store.store("large", "a log", large.clone()).unwrap();
        assert_eq!(info.size_bytes, 200 * 1024 + 2);
        assert!(store.has("small") && !store.has("other"));
        assert_eq!(store.retrieve("small").unwrap(), json!({"passed": 3}));
        assert_eq!(store.retrieve("large").unwrap(), large);
        assert_eq!(
            store.retrieve("other").unwrap_err().kind(),
            ErrorKind::NotFound
        );
        let ids: Vec<_> = store.list().into_iter().map(|info| info.id).collect();
        assert_eq!(ids, ["large", "small"]);
        assert!(store.remove("large").unwrap());
        assert!(!store.remove("large").unwrap());
        store.clear().unwrap();
        assert!(store.list().is_empty());
    }
}

#[test]
fn only_what_is_over_the_threshold_has_a_file_and_ids_stay_in_their_directory() {
    let root = tempfile::tempdir().unwrap();
    let store = ArtifactStore::in_directory(root.path());
    let exactly = Value::from("x".repeat(100 * 1024 - 2));
    assert!(!store.store("limit", "", exactly).unwrap().is_file_backed);
    let over = Value::from("x".repeat(100 * 1024));
    assert!(store.store("over", "", over).unwrap().is_file_backed);
    let files: Vec<_> = fs::read_dir(root.path().join("artifacts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files, ["over.json"]);
    for id in ["", "../x", "a/b", ".hidden", "ż"] {
        let error = store.store(id, "", Value::Null).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id}");
    }
    fs::write(root.path().join("artifacts/over.json"), "torn").unwrap();
    assert_eq!(
        store.retrieve("over").unwrap_err().kind(),
        ErrorKind::Damaged
    );
}

/// Leaves a value of as many megabytes as its node's `label` says, and an artifact.
#[derive(Debug)]
struct Large;

#[async_trait]
impl Handler for Large {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let megabytes: usize = stage.node().label.parse().unwrap_or(1);
        let text = "x".repeat(megabytes * MEGABYTE) + "NEEDLE";
        let id = format!("note-{}", stage.visit());
        stage.artifacts().store(&id, "a note", "small".into())?;
        Ok(Outcome::success().with_update("report", text))
    }
}

/// Reads what `Large` has left.
#[derive(Debug)]
struct Reads;

#[async_trait]
impl Handler for Reads {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let length = stage.context().get_string("report").len();
        let note = stage.artifacts().retrieve("note-1")?;
        Ok(Outcome::success()
            .with_update("length", length)
            .with_update("note", note))
    }
}

fn engine() -> Engine {
    Engine::builder()
        .handler("large", Arc::new(Large))
        .handler("reads", Arc::new(Reads))
        .build()
}

const ROUTED: &str = "big [type=large, label=50]\n r [type=reads]\n lost [type=reads]\n \
    start -> big\n big -> r [condition=\"report contains NEEDLE\"]\n \
    big -> lost [condition=\"!(report contains NEEDLE)\"]\n r -> exit\n lost -> exit";

#[tokio::test]
async fn a_value_of_fifty_megabytes_is_a_reference_everywhere_and_whole_where_it_is_asked_for() {
    let (engine, root) = (engine(), tempfile::tempdir().unwrap());
    let pipeline = pipeline(&engine, ROUTED);
    let run = engine.start(&pipeline, RunOptions::new(root.path()));
    let report = run.await.unwrap().execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert_eq!(
        report.context.get_string("length"),
        (50 * MEGABYTE + 6).to_string()
    );
    assert_eq!(report.context.get_string("note"), "small");
    assert!(report.context.get("report").unwrap().is_object());
    assert!(report.context.resolve("report").unwrap().is_string());

    let directory = RunDirectory::open(root.path()).unwrap();
    for file in ["events.jsonl", "checkpoint.json", "big/status.json"] {
        let length = fs::metadata(root.path().join(file)).unwrap().len();
        assert!(length < 16 * 1024, "{file} has {length} bytes");
    }
    let entries = directory.entries().unwrap();
    let stored: Vec<_> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            RunEvent::Progress {
                progress: StageProgress::ArtifactStored { info, .. },
                ..
            } => Some((info.name.as_str(), info.is_file_backed)),
            _ => None,
        })
        .collect();
    assert_eq!(stored, [("a note", false), ("report", true)]);
    assert!(matches!(
        entries.last().unwrap().event,
        RunEvent::RunCompleted {
            artifact_count: 2,
            ..
        }
    ));
}

#[tokio::test]
async fn artifacts_survive_a_resume() {
    let (engine, root) = (engine(), tempfile::tempdir().unwrap());
    let options = RunOptions::new(root.path());
    let limits = attractor_core::BudgetLimits::new().with_max_steps(2);
    let pipeline = pipeline(&engine, &ROUTED.replace("50", "2"));
    let run = engine.start(&pipeline, options.limits(limits));
    let report = run.await.unwrap().execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Paused);
    let limits = ResumeOptions::new().limits(limits.with_max_steps(100));
    let run = engine.resume(root.path(), limits).await.unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.reason);
    assert_eq!(report.context.get_string("note"), "small");
}

#[tokio::test]
async fn memory_stays_flat_over_many_large_values() {
    let statements = "graph [max_steps=100]\n big [type=large, label=4, max_visits=20]\n \
        start -> big\n big -> exit [condition=\"internal.never=1\"]\n big -> big";
    let (engine, root) = (engine(), tempfile::tempdir().unwrap());
    let pipeline = pipeline(&engine, statements);
    let run = engine.start(&pipeline, RunOptions::new(root.path()));
    let before = resident();
    let report = run.await.unwrap().execute().await.unwrap();
    assert!(report.reason.unwrap().contains("max_visits exceeded"));
    let grown = resident().saturating_sub(before);
    assert!(
        grown < 100,
        "400 MB of values have left {grown} MB in memory"
    );
}

/// Megabytes of this process in memory.
fn resident() -> u64 {
    let Ok(text) = fs::read_to_string("/proc/self/statm") else {
        return 0;
    };
    let pages = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096 / MEGABYTE as u64
}

#[tokio::test]
async fn without_a_directory_large_values_are_kept_in_memory() {
    let engine = engine();
    let journal = Arc::new(MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _);
    let run = engine
        .start(&pipeline(&engine, &ROUTED.replace("50", "2")), options)
        .await
        .unwrap();
    let report = run.execute().await.unwrap();
    assert_eq!(
        report.context.get_string("length"),
        (2 * MEGABYTE + 6).to_string()
    );
}

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use crate::journal::{Journal, Manifest};
use crate::run::{JournalEntry, RunEvent, StageKey};
use crate::state::Checkpoint;
use crate::{ErrorKind, NodeId};

/// What every journal must satisfy. `open` returns a journal over the same place each time; the
/// place is empty at first.
///
/// # Panics
///
/// If the journal doesn't satisfy it.
pub async fn journal_suite(open: impl Fn() -> Arc<dyn Journal>) {
    keeps_what_the_run_is(&open).await;
    keeps_entries_in_order(&open).await;
    replaces_the_checkpoint(&open).await;
    prepares_stages(&open).await;
}

async fn keeps_what_the_run_is(open: &impl Fn() -> Arc<dyn Journal>) {
    let manifest = Manifest {
        run_id: "suite".to_owned(),
        seed: 3,
        ..Manifest::default()
    };
    let journal = open();
    journal.create(&manifest, "digraph suite {}").await.unwrap();
    let again = journal
        .create(&manifest, "digraph other {}")
        .await
        .unwrap_err();
    assert_eq!(
        again.kind(),
        ErrorKind::AlreadyExists,
        "a second run is refused"
    );
    drop(journal);
    let (kept, source) = open().describe().await.unwrap();
    assert_eq!((kept, source.as_str()), (manifest, "digraph suite {}"));
    open().replace_source("digraph changed {}").await.unwrap();
    assert_eq!(open().describe().await.unwrap().1, "digraph changed {}");
}

async fn keeps_entries_in_order(open: &impl Fn() -> Arc<dyn Journal>) {
    assert_eq!(open().load().await.unwrap(), [], "a new journal is empty");
    let mut expected = Vec::new();
    for seq in 1..=5 {
        // A journal may be opened again at any time, one process after another.
        let journal = open();
        let reason = format!("line\nbreak, \"quotes\" and żółw {seq}");
        let entry = JournalEntry::new(seq, "t", RunEvent::RunInterrupted { reason });
        journal.append(&entry).await.unwrap();
        expected.push(entry);
        assert_eq!(
            journal.load().await.unwrap(),
            expected,
            "what was appended is there"
        );
    }
    assert_eq!(open().load().await.unwrap(), expected);
}

async fn replaces_the_checkpoint(open: &impl Fn() -> Arc<dyn Journal>) {
    for seq in [1, 2] {
        let checkpoint = Checkpoint {
            version: Checkpoint::VERSION,
            timestamp: "t".to_owned(),
            run_id: "suite".to_owned(),
            seq,
            current_node: None,
            completed_nodes: Vec::new(),
            node_outcomes: BTreeMap::new(),
            node_retries: BTreeMap::new(),
            node_visits: BTreeMap::new(),
            branches: BTreeMap::new(),
            paused: None,
            context: BTreeMap::new(),
            logs: Vec::new(),
        };
        open().save_checkpoint(checkpoint).await.unwrap();
    }
}

async fn prepares_stages(open: &impl Fn() -> Arc<dyn Journal>) {
    let node: NodeId = "work".parse().unwrap();
    let journal = open();
    let first = StageKey::first(node);
    let Some(directory) = journal.begin_stage(&first).await.unwrap() else {
        assert!(
            journal.root().is_none(),
            "a journal with a directory has one for each stage"
        );
        return;
    };
    assert!(
        directory.starts_with(journal.root().unwrap()),
        "stages stay inside the run"
    );
    fs::write(directory.join("status.json"), "first").unwrap();
    let second = first.with_execution(2);
    for _again in 0..2 {
        let directory = journal.begin_stage(&second).await.unwrap().unwrap();
        assert!(
            !directory.join("status.json").exists(),
            "an attempt begins without files"
        );
        fs::write(directory.join("status.json"), "second").unwrap();
    }
}

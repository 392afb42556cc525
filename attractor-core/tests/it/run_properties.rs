//! What holds for every graph and every script.

use std::fmt::Write as _;
use std::sync::Arc;

use attractor_core::run::{Run, Step};
use attractor_core::{Graph, JournalEntry, Outcome, RunEvent, StageStatus};
use proptest::prelude::*;

const STEPS: u64 = 40;

/// A graph over `nodes` nodes, some of them diamonds, with whatever edges.
pub(crate) fn graph(diamonds: &[bool], edges: &[(usize, usize, u8)]) -> Arc<Graph> {
    let mut source =
        format!("digraph any {{ graph [max_steps={STEPS}, max_restarts=3, retry_target=n0]\n");
    source.push_str("start [shape=Mdiamond] exit [shape=Msquare] start -> n0\n");
    for (number, diamond) in diamonds.iter().enumerate() {
        let kind = if *diamond {
            "shape=diamond"
        } else {
            "goal_gate=true, max_retries=1"
        };
        writeln!(source, "n{number} [{kind}]\n n{number} -> exit").unwrap();
    }
    for (from, to, kind) in edges {
        let (from, to) = (from % diamonds.len(), to % diamonds.len());
        let attribute = match kind % 5 {
            0 => "[weight=1]",
            1 => "[condition=\"outcome=fail\"]",
            2 => "[condition=\"outcome!=fail\", weight=2]",
            3 => "[label=go]",
            _ => "[condition=\"outcome=fail\", loop_restart=true]",
        };
        writeln!(source, "n{from} -> n{to} {attribute}").unwrap();
    }
    source.push('}');
    Arc::new(Graph::parse(&source).unwrap().0)
}

fn outcome(number: u8) -> Outcome {
    match number % 6 {
        0 => Outcome::fail("f"),
        1 => Outcome::retry("r"),
        2 => Outcome::new(StageStatus::Skipped),
        3 => Outcome::success().with_preferred_label("go"),
        4 => Outcome::partial_success("p"),
        _ => Outcome::success(),
    }
}

/// Drives a run to its end without an engine, and returns it with its journal.
pub(crate) fn drive(graph: &Arc<Graph>, outcomes: &[u8]) -> (Run, Vec<JournalEntry>) {
    let mut run = Run::new(Arc::clone(graph));
    let mut journal = Vec::new();
    let mut played = outcomes.iter().cycle();
    let mut executing = false;
    loop {
        let event = match run.next() {
            Step::Start => run.started("run", "hash", 0),
            Step::Record(event) => event,
            Step::Checkpoint { node } => RunEvent::CheckpointSaved { node },
            Step::Retry {
                stage, delay_ms, ..
            } => RunEvent::StageRetrying {
                node: stage.node,
                index: stage.index,
                attempt: stage.attempt,
                delay_ms,
            },
            Step::Execute { .. } if executing => run.judge(outcome(*played.next().unwrap()), 1),
            Step::Execute { stage, .. } => run.stage_started(&stage),
            Step::Complete => RunEvent::RunCompleted {
                duration_ms: 0,
                artifact_count: 0,
            },
            Step::Fail { error, node } => RunEvent::RunFailed {
                error,
                node,
                duration_ms: 0,
            },
            Step::RecordTimed(_) | Step::Branches(_) => panic!("there is no parallel node"),
            Step::Pause { reached, node } => RunEvent::RunPaused { reached, node },
            Step::Finished => return (run, journal),
        };
        executing = matches!(event, RunEvent::StageStarted { .. });
        run.apply(&event).unwrap();
        journal.push(JournalEntry::new(journal.len() as u64 + 1, "t", event));
        assert!(journal.len() < 5_000, "the run doesn't end");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_run_ends_within_its_limits_and_is_its_journal(
        diamonds in prop::collection::vec(any::<bool>(), 1..6),
        edges in prop::collection::vec((0..6_usize, 0..6_usize, any::<u8>()), 0..12),
        outcomes in prop::collection::vec(any::<u8>(), 1..20),
    ) {
        let graph = graph(&diamonds, &edges);
        let (run, journal) = drive(&graph, &outcomes);
        let visits = journal.iter().filter(
            |entry| matches!(entry.event, RunEvent::StageStarted { attempt: 1, .. }),
        );
        // Each restart begins a new count.
        prop_assert!(visits.count() as u64 <= STEPS * 4);
        for length in [journal.len() / 2, journal.len()] {
            Run::replay(Arc::clone(&graph), &journal[..length]).unwrap();
        }
        prop_assert_eq!(&Run::replay(Arc::clone(&graph), &journal).unwrap(), &run);
        let text: Vec<String> =
            journal.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let read: Vec<JournalEntry> =
            text.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(read, journal);
    }

    #[test]
    fn the_walk_is_deterministic(
        diamonds in prop::collection::vec(any::<bool>(), 1..6),
        edges in prop::collection::vec((0..6_usize, 0..6_usize, any::<u8>()), 0..12),
        outcomes in prop::collection::vec(any::<u8>(), 1..20),
    ) {
        let (first, journal) = drive(&graph(&diamonds, &edges), &outcomes);
        let (second, again) = drive(&graph(&diamonds, &edges), &outcomes);
        prop_assert_eq!(journal, again);
        prop_assert_eq!(first, second);
    }
}

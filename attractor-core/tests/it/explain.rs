//! The explanation of a run agrees with the walk that happened.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_core::run::{Candidate, Seen, normalize_label};
use attractor_core::{
    BranchPath, EdgeRule, Graph, Hop, HopRule, JournalEntry, Run, RunEvent, RunOptions, StageStatus,
};
use proptest::prelude::*;

use crate::support::{digraph, pipeline, scripted};
use crate::{parallel_properties, run_properties};

/// The edge that the five steps of 3.3, or 3.7 after a failure, lead to, judged by nothing but
/// what the explanation says.
fn judged(seen: &Seen, candidates: &[Candidate]) -> Option<usize> {
    let best = |edges: Vec<&Candidate>| {
        let key = |edge: &&Candidate| (Reverse(edge.weight), edge.to.clone(), edge.edge);
        edges.into_iter().min_by_key(key).map(|edge| edge.edge)
    };
    let with = |holds| move |edge: &&Candidate| edge.holds == holds;
    if let Some(edge) = best(candidates.iter().filter(with(Some(true))).collect()) {
        return Some(edge);
    }
    let plain: Vec<_> = candidates.iter().filter(with(None)).collect();
    if seen.status == StageStatus::Fail && !seen.inherited {
        return None;
    }
    let label = seen.preferred_label.as_deref().map(normalize_label);
    let labelled = |edge: &&&Candidate| Some(normalize_label(&edge.label)) == label;
    if let Some(edge) = plain.iter().find(labelled) {
        return Some(edge.edge);
    }
    for id in &seen.suggested_next_ids {
        if let Some(edge) = plain.iter().find(|edge| edge.to.as_str() == id) {
            return Some(edge.edge);
        }
    }
    best(plain)
}

/// Everything that an explanation has to agree with.
fn check(graph: &Arc<Graph>, journal: &[JournalEntry]) {
    let hops = Run::new(Arc::clone(graph)).explain(journal).unwrap();
    let by_seq: BTreeMap<u64, &Hop> = hops.iter().map(|hop| (hop.seq, hop)).collect();
    let mut expected: BTreeMap<Option<BranchPath>, String> = BTreeMap::new();
    for entry in journal {
        let hop = by_seq.get(&entry.seq).copied();
        assert!(hop.is_none_or(|hop| hop.agrees), "{hop:?}");
        match &entry.event {
            RunEvent::EdgeSelected {
                from,
                to,
                edge,
                rule,
                ..
            } => {
                let hop = hop.unwrap();
                assert_eq!(hop.rule, HopRule::Edge(*rule));
                assert_eq!((hop.from.as_ref(), hop.to.as_ref()), (Some(from), Some(to)));
                let taken: Vec<_> = hop.candidates.iter().filter(|c| c.taken).collect();
                assert_eq!(taken.len(), 1, "{hop:?}");
                assert_eq!((taken[0].edge, &taken[0].to), (*edge, to));
                if *rule != EdgeRule::FailureToConditional {
                    let seen = hop.seen.as_ref().unwrap();
                    assert_eq!(judged(seen, &hop.candidates), Some(*edge), "{hop:?}");
                }
                assert_eq!(hop.candidates.len(), graph.outgoing(from).count());
            }
            RunEvent::Jumped { from, to, .. } => {
                let hop = hop.unwrap();
                assert_eq!((hop.from.as_ref(), hop.to.as_ref()), (Some(from), Some(to)));
                assert!(
                    hop.candidates
                        .iter()
                        .all(|c| !c.taken && c.holds != Some(true))
                );
            }
            RunEvent::ParallelStarted { branch_count, .. } => {
                let taken = hop.unwrap().candidates.iter().filter(|c| c.taken);
                assert_eq!(taken.count(), *branch_count);
            }
            // The walk really is where the last hop says it went.
            RunEvent::StageStarted {
                node, attempt: 1, ..
            } => {
                if let Some(to) = expected.remove(&entry.branch) {
                    assert_eq!(node.as_str(), to);
                }
            }
            RunEvent::RunCompleted { .. } | RunEvent::RunFailed { .. } => {
                assert!(hop.is_some() && hop.unwrap().to.is_none());
            }
            _ => {}
        }
        if let Some(to) = hop.and_then(|hop| hop.to.as_ref())
            && !matches!(hop.unwrap().rule, HopRule::BranchEnd)
        {
            expected.insert(entry.branch.clone(), to.to_string());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_hop_is_explained_as_it_was_made(
        diamonds in prop::collection::vec(any::<bool>(), 1..6),
        edges in prop::collection::vec((0..6_usize, 0..6_usize, any::<u8>()), 0..12),
        outcomes in prop::collection::vec(any::<u8>(), 1..20),
    ) {
        let graph = run_properties::graph(&diamonds, &edges);
        let (_, journal) = run_properties::drive(&graph, &outcomes);
        check(&graph, &journal);
    }

    #[test]
    fn every_hop_of_every_branch_is_explained_as_it_was_made(
        pieces in parallel_properties::pieces(), seed in any::<u64>(), order in any::<u64>(),
    ) {
        let (graph, _) = parallel_properties::graph(&pieces);
        let (_, journal) = parallel_properties::whole(&graph, seed, order);
        check(&graph, &journal);
    }
}

/// A large value is an artifact, and the journal has a reference in its place.
#[tokio::test]
async fn a_condition_on_a_large_value_is_explained_by_the_value() {
    let statements = "work [prompt=x] a [prompt=x]\n start -> work\n \
        work -> a [condition=\"context.report contains needle\"]\n work -> exit\n a -> exit";
    let report = format!("{} needle", "hay ".repeat(64 * 1024));
    let outcome = attractor_core::Outcome::success().with_update("report", report);
    let script = attractor_core::testing::Script::new().node("work", [outcome]);
    let engine = scripted(script).0.build();
    let pipeline = pipeline(&engine, statements);
    let root = tempfile::tempdir().unwrap();
    let run = engine.start(&pipeline, RunOptions::new(root.path())).await;
    run.unwrap().execute().await.unwrap();

    let directory = attractor_core::RunDirectory::open(root.path()).unwrap();
    let begun = Run::new(Arc::clone(pipeline.graph())).with_artifacts(directory.artifacts());
    let hops = begun.explain(&directory.entries().unwrap()).unwrap();
    let hop = hops
        .iter()
        .find(|hop| hop.from.as_ref().is_some_and(|n| n == "work"));
    let hop = hop.unwrap();
    assert!(hop.agrees, "{hop:?}");
    assert_eq!(hop.candidates[0].holds, Some(true));
    assert!(hop.candidates[0].values["context.report"].starts_with("hay hay"));
}

#[tokio::test]
async fn an_edge_says_what_its_condition_saw_and_the_others_why_they_were_not_taken() {
    let statements = "work [prompt=x] a [prompt=x] b [prompt=x]\n start -> work\n \
        work -> a [condition=\"context.round>=2 && outcome=success\"]\n \
        work -> b [weight=1]\n work -> exit\n a -> exit b -> exit";
    let outcome = attractor_core::Outcome::success().with_update("round", 1);
    let script = attractor_core::testing::Script::new().node("work", [outcome]);
    let engine = scripted(script).0.build();
    let pipeline = pipeline(&engine, statements);
    let journal = Arc::new(attractor_core::MemoryJournal::new());
    let options = RunOptions::with_journal(Arc::clone(&journal) as _);
    let run = engine.start(&pipeline, options).await.unwrap();
    run.execute().await.unwrap();

    let hops = Run::new(Arc::clone(pipeline.graph()))
        .explain(&journal.entries())
        .unwrap();
    let hop = hops
        .iter()
        .find(|hop| hop.from.as_ref().is_some_and(|n| n == "work"));
    let hop = serde_json::to_value(hop.unwrap()).unwrap();

    assert_eq!(hop["rule"], "weight");
    assert_eq!(hop["source"], "3.3, step 4: weight");
    assert_eq!(hop["reason"], "the highest weight, 1");
    let [a, b, exit] = hop["candidates"].as_array().unwrap().as_slice() else {
        panic!("three edges");
    };
    assert_eq!(a["holds"], false);
    assert_eq!(a["values"]["context.round"], "1");
    assert_eq!(a["why"], "its condition doesn't hold");
    assert_eq!((&b["taken"], &b["why"]), (&true.into(), &"followed".into()));
    assert_eq!(exit["why"], "its weight is 0, that of the edge taken 1");
}

#[test]
fn a_journal_that_is_not_the_graphs_is_refused() {
    let (graph, _) = Graph::parse(&digraph("start -> exit")).unwrap();
    let event = RunEvent::RunInterrupted {
        reason: "x".to_owned(),
    };
    let error = Run::new(Arc::new(graph))
        .explain(&[JournalEntry::new(1, "t", event)])
        .unwrap_err();
    assert_eq!(error.to_string(), "entry 1 is out of place");
}

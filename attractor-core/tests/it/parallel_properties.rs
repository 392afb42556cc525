//! What holds for every graph with parallel nodes, every script and every order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use attractor_core::run::{BranchStep, Run, Step};
use attractor_core::{BranchPath, BudgetLimits, Graph, JournalEntry, Outcome, RunEvent, StageKey};
use proptest::prelude::*;

/// A part of a pipeline with one way in and one way out.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Stage(u8),
    Fan {
        branches: Vec<Vec<Piece>>,
        max_parallel: u8,
        first_success: bool,
    },
}

pub(crate) fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let stage = any::<u8>().prop_map(Piece::Stage);
    let piece = stage.prop_recursive(3, 24, 4, |inner| {
        let branch = prop::collection::vec(inner, 0..3);
        let branches = prop::collection::vec(branch, 1..4);
        let fan = (branches, 1..5_u8, prop::bool::weighted(0.2));
        fan.prop_map(|(branches, max_parallel, first_success)| Piece::Fan {
            branches,
            max_parallel,
            first_success,
        })
    });
    prop::collection::vec(piece, 1..4)
}

/// Source text in the making.
#[derive(Default)]
struct Source {
    text: String,
    nodes: usize,
    first_success: bool,
}

impl Source {
    fn node(&mut self, prefix: &str, attributes: &str) -> String {
        self.nodes += 1;
        let id = format!("{prefix}{}", self.nodes);
        writeln!(self.text, "{id} [{attributes}]").unwrap();
        id
    }

    /// Adds pieces after a node and returns the last one.
    fn add(&mut self, mut from: String, pieces: &[Piece]) -> String {
        for piece in pieces {
            from = match piece {
                Piece::Stage(kind) => {
                    let retries = kind & 1;
                    let id = self.node("n", &format!("max_retries={retries}"));
                    writeln!(self.text, "{from} -> {id}").unwrap();
                    if kind & 2 > 0 {
                        writeln!(self.text, "{from} -> {id} [condition=\"outcome=fail\"]").unwrap();
                    }
                    if kind & 4 > 0 {
                        writeln!(self.text, "{id} -> {id} [condition=\"outcome=more\"]").unwrap();
                    }
                    id
                }
                Piece::Fan {
                    branches,
                    max_parallel,
                    first_success,
                } => {
                    self.first_success |= first_success;
                    let policy = if *first_success {
                        "first_success"
                    } else {
                        "wait_all"
                    };
                    let fan = format!(
                        "shape=component, max_parallel={max_parallel}, join_policy={policy}"
                    );
                    let fan = self.node("fan", &fan);
                    let join = self.node("join", "shape=tripleoctagon");
                    writeln!(self.text, "{from} -> {fan}").unwrap();
                    for branch in branches {
                        let last = self.add(fan.clone(), branch);
                        writeln!(self.text, "{last} -> {join}").unwrap();
                    }
                    join
                }
            };
        }
        from
    }
}

/// The graph, and whether its result may depend on which branch is faster.
pub(crate) fn graph(pieces: &[Piece]) -> (Arc<Graph>, bool) {
    let mut source = Source::default();
    source.text.push_str(
        "digraph any { graph [max_steps=500]\n start [shape=Mdiamond] exit [shape=Msquare]\n",
    );
    let last = source.add("start".to_owned(), pieces);
    writeln!(source.text, "{last} -> exit }}").unwrap();
    let graph = Graph::parse(&source.text).unwrap_or_else(|errors| panic!("{errors}"));
    (Arc::new(graph.0), source.first_success)
}

fn hash(value: impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// How an attempt ends: always the same in the same place, whatever happens beside it.
fn outcome(seed: u64, stage: &StageKey) -> Outcome {
    let branch = stage.branch_path();
    let number = hash((seed, &stage.node, branch, stage.execution));
    let node = stage.node.as_str();
    match number % 7 {
        0 if node.starts_with('n') => Outcome::fail("f"),
        1 if node.starts_with('n') => Outcome::retry("r"),
        2 if node.starts_with('n') => Outcome::from_word("more"),
        3 if node.starts_with('n') => {
            Outcome::partial_success("p").with_update("score", number % 5)
        }
        _ => Outcome::success()
            .with_update("score", number % 3)
            .with_update(format!("did.{node}"), stage.execution),
    }
}

/// Drives a run until its journal has so many entries or it ends. `order` decides which branch
/// comes next, whenever several may.
fn drive(run: &mut Run, journal: &mut Vec<JournalEntry>, seed: u64, order: u64, length: usize) {
    let mut begun: BTreeMap<Option<BranchPath>, StageKey> = BTreeMap::new();
    let mut limits = BTreeSet::new();
    while journal.len() < length {
        let (branch, step) = match run.next() {
            Step::Branches(steps) => {
                assert!(!steps.is_empty(), "nothing to do");
                let [place, ..] = hash((order, journal.len())).to_le_bytes();
                let chosen = &steps[usize::from(place) % steps.len()];
                let BranchStep { branch, step, .. } = chosen.clone();
                (Some(branch), step)
            }
            step => (None, step),
        };
        let event = match step {
            Step::Start => run.started("run", "hash", 0),
            Step::Record(event) | Step::RecordTimed(event) => event,
            Step::Checkpoint { node } => RunEvent::CheckpointSaved { node },
            Step::Retry {
                stage, delay_ms, ..
            } => RunEvent::StageRetrying {
                node: stage.node,
                index: stage.index,
                attempt: stage.attempt,
                delay_ms,
            },
            Step::Execute { stage, .. } => match begun.remove(&branch) {
                Some(stage) => {
                    let walk = run.walk(branch.as_ref()).unwrap();
                    walk.judge(outcome(seed, &stage), 1)
                }
                None => {
                    begun.insert(branch.clone(), stage.clone());
                    limits.insert(stage.index);
                    run.stage_started(&stage)
                }
            },
            Step::Complete => RunEvent::RunCompleted {
                duration_ms: 0,
                artifact_count: 0,
            },
            Step::Fail { error, node } => RunEvent::RunFailed {
                error,
                node,
                duration_ms: 0,
            },
            Step::Pause { reached, node } => RunEvent::RunPaused { reached, node },
            Step::Finished => return,
            Step::Branches(_) => panic!("steps within steps"),
        };
        // A branch that was cancelled doesn't go on with its attempt.
        if matches!(event, RunEvent::ParallelBranchCompleted { .. }) {
            begun.retain(|other, _| !within(other.as_ref(), branch.as_ref()));
        }
        record(run, journal, branch, event);
        assert!(journal.len() < 20_000, "the run doesn't end");
    }
}

fn within(other: Option<&BranchPath>, branch: Option<&BranchPath>) -> bool {
    matches!((other, branch), (Some(other), Some(branch)) if other.is_within(branch))
}

fn record(
    run: &mut Run,
    journal: &mut Vec<JournalEntry>,
    branch: Option<BranchPath>,
    event: RunEvent,
) {
    run.apply_in(branch.as_ref(), &event).unwrap();
    let entry = JournalEntry::new(journal.len() as u64 + 1, "t", event);
    journal.push(entry.in_branch(branch));
}

pub(crate) fn whole(graph: &Arc<Graph>, seed: u64, order: u64) -> (Run, Vec<JournalEntry>) {
    let mut run = Run::new(Arc::clone(graph));
    let mut journal = Vec::new();
    drive(&mut run, &mut journal, seed, order, usize::MAX);
    (run, journal)
}

/// What must not depend on the order of events.
fn result(run: &Run) -> impl PartialEq + std::fmt::Debug {
    let mut context = run.context().snapshot();
    // Says how often an attempt was made, and is the same for all but the log.
    context.remove("internal.run_id");
    (
        run.ending().cloned(),
        run.completed_nodes().to_vec(),
        run.history().outcomes().clone(),
        context,
    )
}

fn resumed() -> RunEvent {
    RunEvent::RunResumed {
        graph_hash: "hash".to_owned(),
        graph_changed: false,
        same_visit: true,
        limits: BudgetLimits::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_run_ends_within_its_limits_and_is_its_journal(
        pieces in pieces(), seed in any::<u64>(), order in any::<u64>(),
    ) {
        let (graph, _) = graph(&pieces);
        let (run, journal) = whole(&graph, seed, order);
        let visits = journal.iter().filter(
            |entry| matches!(entry.event, RunEvent::StageStarted { attempt: 1, .. }),
        );
        prop_assert!(visits.count() <= 500);
        for length in [journal.len() / 3, journal.len() / 2] {
            Run::replay(Arc::clone(&graph), &journal[..length]).unwrap();
        }
        prop_assert_eq!(&Run::replay(Arc::clone(&graph), &journal).unwrap(), &run);
        let lines = journal.iter().map(|entry| serde_json::to_string(entry).unwrap());
        let read: Vec<JournalEntry> =
            lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
        prop_assert_eq!(read, journal);
    }

    #[test]
    fn never_more_branches_run_than_may(
        pieces in pieces(), seed in any::<u64>(), order in any::<u64>(),
    ) {
        let (graph, _) = graph(&pieces);
        let (_, journal) = whole(&graph, seed, order);
        // Running branches and their limit, by parallel node and where it is.
        let mut blocks: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for entry in &journal {
            let path = entry.branch.as_ref();
            let parent = path.and_then(BranchPath::parent);
            let name = |parent: Option<&BranchPath>, node: &str| format!("{parent:?}/{node}");
            match &entry.event {
                RunEvent::ParallelStarted { node, max_parallel, .. } => {
                    blocks.insert(name(path, node), (0, *max_parallel));
                }
                RunEvent::ParallelBranchStarted { node, .. } => {
                    let block = blocks.get_mut(&name(parent.as_ref(), node)).unwrap();
                    block.0 += 1;
                    prop_assert!(block.0 <= block.1);
                }
                RunEvent::ParallelBranchCompleted { node, .. } => {
                    let block = blocks.get_mut(&name(parent.as_ref(), node)).unwrap();
                    // One that never began is completed too.
                    block.0 = block.0.saturating_sub(1);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn the_result_is_the_same_whichever_branch_is_faster(
        pieces in pieces(), seed in any::<u64>(), orders in any::<[u64; 3]>(),
    ) {
        let (graph, depends) = graph(&pieces);
        let [first, others @ ..] = orders.map(|order| whole(&graph, seed, order).0);
        let hit_a_limit = format!("{:?}", first.ending()).contains("max_steps");
        prop_assume!(!depends && !hit_a_limit);
        for other in others {
            prop_assert_eq!(result(&first), result(&other));
        }
    }

    #[test]
    fn a_run_that_stops_after_any_event_comes_to_the_same_end(
        pieces in pieces(), seed in any::<u64>(), order in any::<u64>(), at in any::<prop::sample::Index>(),
    ) {
        let (graph, depends) = graph(&pieces);
        let (expected, journal) = whole(&graph, seed, order);
        let hit_a_limit = format!("{:?}", expected.ending()).contains("max_steps");
        let length = at.index(journal.len());
        let mut journal = journal[..length].to_vec();
        let mut run = Run::replay(Arc::clone(&graph), &journal).unwrap();
        if length > 0 {
            record(&mut run, &mut journal, None, resumed());
        }
        let done = finished(&journal);
        drive(&mut run, &mut journal, seed, order.wrapping_add(1), usize::MAX);
        prop_assert_eq!(&Run::replay(Arc::clone(&graph), &journal).unwrap(), &run);
        let again = finished(&journal[length..]);
        prop_assert!(done.is_disjoint(&again), "executed again: {:?}", done.intersection(&again));
        if !depends && !hit_a_limit {
            prop_assert_eq!(result(&run), result(&expected));
        }
    }
}

/// The attempts that have ended, by branch, node and number; of each parallel node the last
/// execution.
fn finished(journal: &[JournalEntry]) -> BTreeSet<(Option<BranchPath>, String, u64, u32)> {
    let ended = journal.iter().filter_map(|entry| match &entry.event {
        RunEvent::StageCompleted {
            node,
            index,
            attempt,
            ..
        }
        | RunEvent::StageFailed {
            node,
            index,
            attempt,
            ..
        } => Some((entry.branch.clone(), node.to_string(), *index, *attempt)),
        _ => None,
    });
    ended.collect()
}

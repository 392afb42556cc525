//! The run as a value: no input or output, no clock, no randomness.
//!
//! [`Run::next`] says what to do, [`Run::apply`] is the only way to change the run, and both
//! depend on nothing but the graph and the events so far. So a resume is a replay of the journal,
//! and the same run can be driven by the engine, by a test, or by something else.

mod apply;
mod branch;
mod budget;
mod child;
mod commit;
mod entry;
mod event;
mod explain;
mod failure;
mod goal_gate;
mod history;
mod judge;
pub mod limits;
mod next;
mod parallel;
mod point;
mod replay;
mod retry;
mod rule;
mod select_edge;
mod session;
mod settings;
mod state;
mod step;
mod usage;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::artifact::ArtifactStore;
use crate::graph::{Graph, NodeId};
use crate::interviewer::Question;
use crate::state::{Checkpoint, Context, Outcome};

use self::parallel::BranchState;
use self::settings::Settings;
use self::state::{Phase, Shared, WalkState};

pub(crate) use self::parallel::fan_ins;
pub(crate) use self::point::attempts;

pub use self::branch::{BranchKey, BranchPath};
pub use self::budget::{BudgetLimits, Limit, LimitReached, Spent};
pub use self::child::ChildState;
pub use self::commit::{Commit, CommitCause};
pub use self::entry::JournalEntry;
pub use self::event::RunEvent;
pub use self::explain::{Candidate, Hop, HopRule, Seen};
pub use self::history::History;
pub use self::parallel::{BranchEnd, JoinPolicy};
pub use self::point::Point;
pub use self::retry::{Backoff, RetryPolicy, with_jitter};
pub use self::rule::{EdgeRule, JumpReason};
pub use self::select_edge::{normalize_label, split_accelerator};
pub use self::state::Ending;
pub use self::step::{BranchStep, StageKey, Step};
pub use self::usage::UsageTotals;
pub use self::walk::Walk;

/// A run of a graph: everything that happened, folded into what happens next.
///
/// ```
/// use std::sync::Arc;
/// use attractor_core::{Edge, Graph, Node, Outcome, RunEvent};
/// use attractor_core::run::{Run, Step};
///
/// let mut graph = Graph::new("tiny");
/// graph.add_node(Node::new("start".parse()?).with("shape", "Mdiamond")?)?;
/// graph.add_node(Node::new("exit".parse()?).with("shape", "Msquare")?)?;
/// graph.add_edge(Edge::new("start".parse()?, "exit".parse()?));
///
/// let mut run = Run::new(Arc::new(graph));
/// assert_eq!(run.next(), Step::Start);
/// run.apply(&run.started("run-1", "hash", 0))?;
/// let Step::Execute { stage, .. } = run.next() else { panic!("nothing to execute") };
/// run.apply(&run.stage_started(&stage))?;
/// run.apply(&run.judge(Outcome::success(), 3))?;
/// assert_eq!(run.completed_nodes().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: attractor-spec 3.2.
#[derive(Clone, Debug)]
pub struct Run {
    graph: Arc<Graph>,
    settings: Settings,
    shared: Shared,
    main: WalkState,
}

/// Two runs are equal if everything that decides what they do is equal; their graphs are taken
/// to be the same.
impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.shared == other.shared && self.main == other.main
    }
}

impl Run {
    /// A run of a graph in which nothing has happened yet.
    pub fn new(graph: Arc<Graph>) -> Self {
        let settings = Settings::of(&graph);
        Self {
            graph,
            settings,
            shared: Shared::default(),
            main: WalkState::new(Phase::New),
        }
    }

    /// Keeps the large values of the run's context in this store.
    #[must_use]
    pub fn with_artifacts(mut self, artifacts: ArtifactStore) -> Self {
        self.main.context = Context::with_artifacts(artifacts);
        self
    }

    /// How many artifacts the run has.
    pub fn artifact_count(&self) -> usize {
        self.shared.artifacts.len()
    }

    /// The event that starts the run; its other fields can be filled in.
    pub fn started(&self, run_id: &str, graph_hash: &str, seed: u64) -> RunEvent {
        RunEvent::RunStarted {
            run_id: run_id.to_owned(),
            name: self.graph.name().to_owned(),
            goal: self.graph.attrs().goal.clone(),
            graph_hash: graph_hash.to_owned(),
            seed,
            params: BTreeMap::new(),
            limits: BudgetLimits::new(),
        }
    }

    /// The event that begins an attempt in the main walk.
    pub fn stage_started(&self, stage: &StageKey) -> RunEvent {
        self.main().stage_started(stage)
    }

    /// The event that records the outcome of the attempt that has begun in the main walk; see
    /// [`Walk::judge`].
    pub fn judge(&self, outcome: Outcome, duration_ms: u64) -> RunEvent {
        self.main().judge(outcome, duration_ms)
    }

    /// The main walk.
    pub fn main(&self) -> Walk<'_> {
        Walk {
            run: self,
            walk: &self.main,
        }
    }

    /// A branch that is being executed, or the main walk.
    pub fn walk(&self, branch: Option<&BranchPath>) -> Option<Walk<'_>> {
        let walk = self.main.at(branch)?;
        Some(Walk { run: self, walk })
    }

    /// The graph.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The run's id; empty before it has started.
    pub fn run_id(&self) -> &str {
        &self.shared.run_id
    }

    /// Hash of the pipeline the run was started or last resumed with.
    pub fn graph_hash(&self) -> &str {
        &self.shared.graph_hash
    }

    /// Seed of the retry jitter.
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.main.context
    }

    /// What was done since the run started, or started over.
    pub fn history(&self) -> &History {
        &self.main.history
    }

    /// All completed nodes in order since the run started, or started over.
    pub fn completed_nodes(&self) -> &[NodeId] {
        self.main.history.completed_nodes()
    }

    /// What the run's models have used.
    pub fn usage(&self) -> &UsageTotals {
        &self.shared.usage
    }

    /// How the run ended, if it has.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.main.phase {
            Phase::Ended { ending, .. } => Some(ending),
            _ => None,
        }
    }

    /// The first of the questions that people haven't answered yet, and the node that asks.
    pub fn pending_question(&self) -> Option<(&NodeId, &Question)> {
        let (_, node, question) = self.pending_questions().into_iter().next()?;
        Some((node, question))
    }

    /// The questions that people haven't answered yet, each with the branch and the node that
    /// asks.
    pub fn pending_questions(&self) -> Vec<(Option<&BranchPath>, &NodeId, &Question)> {
        let mut found = Vec::new();
        let mut walks = vec![&self.main];
        while let Some(walk) = walks.pop() {
            if let (Phase::Executing(stage), Some(question)) = (&walk.phase, &walk.pending_question)
            {
                found.push((walk.path(), &stage.node, question));
            }
            let inner: Vec<_> = walk.running().collect();
            walks.extend(inner.into_iter().rev());
        }
        found
    }

    /// The attempts that have begun and not ended, those of branches included.
    pub(crate) fn open_attempts(&self) -> Vec<&StageKey> {
        let mut found = Vec::new();
        let mut walks = vec![&self.main];
        while let Some(walk) = walks.pop() {
            match &walk.phase {
                Phase::Executing(stage)
                | Phase::Ready {
                    stage, again: true, ..
                } => found.push(stage),
                _ => {}
            }
            walks.extend(walk.running());
        }
        found
    }

    /// The parallel nodes that are being executed, each with the branch it is in and its time
    /// limit.
    pub(crate) fn open_parallels(&self) -> Vec<(Option<&BranchPath>, &NodeId, Option<Duration>)> {
        let mut found = Vec::new();
        let mut walks = vec![&self.main];
        while let Some(walk) = walks.pop() {
            if let Phase::Parallel(block) = &walk.phase {
                let id = &block.stage.node;
                let limit = self.graph.node(id).and_then(|node| node.timeout);
                let limit = limit.filter(|_| block.stopped.is_none());
                found.push((walk.path(), id, limit));
            }
            walks.extend(walk.running());
        }
        found
    }

    /// The branches that are being executed, each before those in it.
    #[cfg(feature = "git")]
    pub(crate) fn live_branches(&self) -> Vec<Arc<BranchKey>> {
        let mut found = Vec::new();
        let mut walks = vec![&self.main];
        while let Some(walk) = walks.pop() {
            found.extend(walk.branch.as_ref().map(|base| Arc::clone(&base.key)));
            walks.extend(walk.running());
        }
        found
    }

    /// The node the run came from on its way to the present one, and the edge it followed.
    pub fn arrival(&self) -> (Option<&NodeId>, Option<usize>) {
        (self.main.previous.as_ref(), self.main.incoming_edge)
    }

    /// Whether model sessions of earlier stages are gone because the run was resumed.
    pub fn is_resumed(&self) -> bool {
        self.main.resumed
    }

    /// What the run may use: what the caller allows, and else what the graph says.
    pub fn limits(&self) -> BudgetLimits {
        self.shared.limits.or(self.settings.budget)
    }

    /// What the run has used, apart from time, which it knows nothing of.
    pub fn spent(&self) -> Spent {
        Spent::new(&self.shared.usage, self.shared.steps)
    }

    /// Stages the run itself has executed, visits of the exit included.
    pub fn steps(&self) -> u64 {
        self.shared.steps
    }

    /// The limit at which the run was paused, if it wasn't resumed since.
    pub fn paused(&self) -> Option<&LimitReached> {
        self.shared.paused.as_ref()
    }

    /// Whether the visit of an attempt has begun with it or before.
    pub(crate) fn has_begun(&self, stage: &StageKey) -> bool {
        let walk = self.main.at(stage.branch_path());
        walk.is_some_and(|walk| matches!(walk.phase, Phase::Ready { .. } | Phase::Executing(_)))
    }

    /// The limits that stand against an attempt: none against the exit, those of visits only
    /// against a visit that hasn't begun, and those of models where the node may ask one.
    pub(crate) fn limits_of(&self, node: &NodeId, begun: bool) -> &'static [Limit] {
        if self.is_exit(node) {
            return &[];
        }
        session::limits_of(&self.graph, node, begun)
    }

    /// A snapshot for people and other programs.
    pub fn checkpoint(&self, seq: u64, timestamp: impl Into<String>) -> Checkpoint {
        let (shared, main) = (&self.shared, &self.main);
        Checkpoint {
            version: Checkpoint::VERSION,
            timestamp: timestamp.into(),
            run_id: shared.run_id.clone(),
            seq,
            current_node: shared.last_completed.clone(),
            completed_nodes: main.history.completed_nodes().to_vec(),
            node_outcomes: main.history.outcomes().clone(),
            node_retries: main.retries.clone(),
            node_visits: shared.visits.clone(),
            branches: self.branch_nodes(),
            paused: shared.paused,
            context: main.context.snapshot(),
            logs: main.context.logs().map(str::to_owned).collect(),
        }
    }

    /// What the branches that haven't come together yet have completed.
    fn branch_nodes(&self) -> BTreeMap<String, Vec<NodeId>> {
        let mut found = BTreeMap::new();
        let mut walks = vec![&self.main];
        while let Some(walk) = walks.pop() {
            let Phase::Parallel(block) = &walk.phase else {
                continue;
            };
            let mut add = |id: &str, history: &History| {
                let path = BranchPath::new(walk.path(), &block.stage.node, id);
                found.insert(path.into(), history.completed_nodes().to_vec());
            };
            for branch in &block.branches {
                match &branch.state {
                    BranchState::Waiting => {}
                    BranchState::Running(walk) => {
                        add(&branch.id, &walk.history);
                        walks.push(walk);
                    }
                    BranchState::Done(result) => add(&branch.id, &result.history),
                }
            }
        }
        found
    }

    fn is_exit(&self, node: &NodeId) -> bool {
        self.graph.exit().is_some_and(|exit| exit.id() == node)
    }
}

//! The run as a value: no input or output, no clock, no randomness.
//!
//! [`Run::next`] says what to do, [`Run::apply`] is the only way to change the run, and both
//! depend on nothing but the graph and the events so far. So a resume is a replay of the journal,
//! and the same run can be driven by the engine, by a test, or by something else.

mod apply;
mod event;
mod failure;
mod goal_gate;
mod history;
mod judge;
pub mod limits;
mod next;
mod replay;
mod retry;
mod select_edge;
mod settings;
mod state;
mod step;
mod usage;

use std::sync::Arc;

use crate::graph::{Graph, NodeId};
use crate::interviewer::Question;
use crate::state::{Checkpoint, Context};

use self::settings::Settings;
use self::state::{Phase, State};

pub use self::event::{EdgeRule, JournalEntry, JumpReason, RunEvent};
pub use self::history::History;
pub use self::retry::{Backoff, RetryPolicy, with_jitter};
pub use self::select_edge::{normalize_label, split_accelerator};
pub use self::state::Ending;
pub use self::step::{StageKey, Step};
pub use self::usage::UsageTotals;

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
    state: State,
}

/// Two runs are equal if everything that decides what they do is equal; their graphs are taken
/// to be the same.
impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl Run {
    /// A run of a graph in which nothing has happened yet.
    pub fn new(graph: Arc<Graph>) -> Self {
        let settings = Settings::of(&graph);
        Self {
            graph,
            settings,
            state: State::new(),
        }
    }

    /// The event that starts the run; its other fields can be filled in.
    pub fn started(&self, run_id: &str, graph_hash: &str, seed: u64) -> RunEvent {
        RunEvent::RunStarted {
            run_id: run_id.to_owned(),
            name: self.graph.name().to_owned(),
            goal: self.graph.attrs().goal.clone(),
            graph_hash: graph_hash.to_owned(),
            seed,
            params: std::collections::BTreeMap::new(),
            max_cost_micro_usd: None,
        }
    }

    /// The event that begins an attempt.
    pub fn stage_started(&self, stage: &StageKey) -> RunEvent {
        let node = self.graph.node(&stage.node);
        RunEvent::StageStarted {
            node: stage.node.clone(),
            index: stage.index,
            visit: stage.visit,
            attempt: stage.attempt,
            handler: node
                .map_or("", |node| self.graph.resolved_type(node))
                .to_owned(),
        }
    }

    /// The graph.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// The run's id; empty before it has started.
    pub fn run_id(&self) -> &str {
        &self.state.run_id
    }

    /// Hash of the pipeline the run was started or last resumed with.
    pub fn graph_hash(&self) -> &str {
        &self.state.graph_hash
    }

    /// Seed of the retry jitter.
    pub fn seed(&self) -> u64 {
        self.state.seed
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.state.context
    }

    /// What was done since the run started, or started over.
    pub fn history(&self) -> &History {
        &self.state.history
    }

    /// All completed nodes in order since the run started, or started over.
    pub fn completed_nodes(&self) -> &[NodeId] {
        self.state.history.completed_nodes()
    }

    /// What the run's models have used.
    pub fn usage(&self) -> &UsageTotals {
        &self.state.usage
    }

    /// How the run ended, if it has.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.state.phase {
            Phase::Ended { ending, .. } => Some(ending),
            _ => None,
        }
    }

    /// The question a person hasn't answered yet, and the node that asks.
    pub fn pending_question(&self) -> Option<(&NodeId, &Question)> {
        self.state
            .pending_question
            .as_ref()
            .map(|(node, question)| (node, question))
    }

    /// The node the run came from on its way to the present one, and the edge it followed.
    pub fn arrival(&self) -> (Option<&NodeId>, Option<usize>) {
        (self.state.previous.as_ref(), self.state.incoming_edge)
    }

    /// Whether model sessions of earlier stages are gone because the run was resumed.
    pub fn is_resumed(&self) -> bool {
        self.state.resumed
    }

    /// What the run's models may still cost, in millionths of a US dollar; nothing is no limit.
    pub fn remaining_cost_micro_usd(&self) -> Option<u64> {
        let limit = self.state.max_cost_micro_usd?;
        Some(limit.saturating_sub(self.state.usage.cost_micro_usd))
    }

    /// Why the run may not go on, if its models have cost more than they may.
    pub fn budget_error(&self) -> Option<String> {
        let limit = self
            .state
            .max_cost_micro_usd
            .filter(|_| self.state.over_budget())?;
        let dollars = |micro: u64| format!("${}.{:06}", micro / 1_000_000, micro % 1_000_000);
        let cost = dollars(self.state.usage.cost_micro_usd);
        Some(format!(
            "max_cost exceeded: the models cost {cost} of {}",
            dollars(limit)
        ))
    }

    /// A snapshot for people and other programs.
    pub fn checkpoint(&self, seq: u64, timestamp: impl Into<String>) -> Checkpoint {
        let state = &self.state;
        Checkpoint {
            version: Checkpoint::VERSION,
            timestamp: timestamp.into(),
            run_id: state.run_id.clone(),
            seq,
            current_node: state.last_completed.clone(),
            completed_nodes: state.history.completed_nodes().to_vec(),
            node_outcomes: state.history.outcomes().clone(),
            node_retries: state.retries.clone(),
            node_visits: state.visits.clone(),
            context: state.context.snapshot(),
            logs: state.context.logs().map(str::to_owned).collect(),
        }
    }

    fn is_exit(&self, node: &NodeId) -> bool {
        self.graph.exit().is_some_and(|exit| exit.id() == node)
    }
}

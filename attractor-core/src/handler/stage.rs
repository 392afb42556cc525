use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Budget, ProgressSink};
use crate::artifact::ArtifactStore;
use crate::engine::{ChildRuns, Steering, SteeringInbox};
use crate::graph::{Edge, Graph, Node, NodeId};
use crate::run::{BranchKey, BranchPath, ChildState, History};
use crate::state::Context;
use crate::{Error, ErrorKind};

/// Everything a handler gets to know about the stage it executes.
///
/// The engine makes one for every attempt. Tests and other drivers make their own with
/// [`StageContext::new`] and the setters.
///
/// Source: attractor-spec 4.1.
#[derive(Clone, Debug)]
pub struct StageContext {
    graph: Arc<Graph>,
    node: NodeId,
    context: Context,
    history: History,
    run_id: Arc<str>,
    logs_root: Option<Arc<Path>>,
    stage_dir: Option<PathBuf>,
    workdir: Arc<Path>,
    visit: u32,
    attempt: u32,
    execution: u32,
    branch: Option<Arc<BranchKey>>,
    incoming_edge: Option<usize>,
    previous: Option<NodeId>,
    resumed: bool,
    budget: Budget,
    cancel: CancellationToken,
    progress: ProgressSink,
    children: Option<ChildRuns>,
    child: Option<ChildState>,
    continues: bool,
    within: Option<Arc<str>>,
    steering: Option<Arc<Steering>>,
}

impl StageContext {
    /// The first attempt at a node's first visit, with an empty context, no files, the current
    /// directory as its working directory, and progress reports that go nowhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the graph has no such node.
    pub fn new(graph: Arc<Graph>, node: &str) -> Result<Self, Error> {
        let id = graph
            .node(node)
            .map(|node| node.id().clone())
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("the graph has no node {node:?}"),
                )
            })?;
        Ok(Self {
            graph,
            node: id,
            context: Context::new(),
            history: History::default(),
            run_id: Arc::from("run"),
            logs_root: None,
            stage_dir: None,
            workdir: Arc::from(Path::new(".")),
            visit: 1,
            attempt: 1,
            execution: 1,
            branch: None,
            incoming_edge: None,
            previous: None,
            resumed: false,
            budget: Budget::default(),
            cancel: CancellationToken::new(),
            progress: ProgressSink::discard(),
            children: None,
            child: None,
            continues: false,
            within: None,
            steering: None,
        })
    }

    /// The node to execute.
    #[expect(
        clippy::expect_used,
        reason = "`new` checks that the node is in the graph"
    )]
    pub fn node(&self) -> &Node {
        self.graph
            .node(&self.node)
            .expect("the node of a stage is in its graph")
    }

    /// The whole graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The run's context when the attempt began. Changes go into the outcome's `context_updates`.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What the run has done before this stage.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The run.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The run directory, or nothing if the run keeps no files.
    pub fn logs_root(&self) -> Option<&Path> {
        self.logs_root.as_deref()
    }

    /// The directory for the files of this attempt, which exists and is empty when the attempt
    /// begins; nothing if the run keeps no files.
    ///
    /// A `status.json` that a tool or an agent leaves here decides the stage's outcome.
    pub fn stage_dir(&self) -> Option<&Path> {
        self.stage_dir.as_deref()
    }

    /// The directory the stage works in.
    pub fn workdir(&self) -> &Path {
        &self.workdir
    }

    /// The branch the stage is in; nothing for the main walk.
    pub fn branch(&self) -> Option<&BranchPath> {
        self.branch.as_ref().map(|branch| &branch.path)
    }

    /// The name under which a session is kept that the pipeline calls `thread`. Branches never
    /// share one, nor do two executions of a parallel node.
    pub(crate) fn session(&self, thread: String) -> String {
        let Some(branch) = &self.branch else {
            return thread;
        };
        let mut name = thread;
        let mut next = Some(branch);
        while let Some(branch) = next {
            let (stage, id) = (&branch.stage, branch.path.id());
            name = format!("{}.{}/{id}/{name}", stage.node, stage.execution);
            next = stage.branch.as_ref();
        }
        name
    }

    /// Number of this visit among the node's visits, from 1; in a branch, among those there.
    pub fn visit(&self) -> u32 {
        self.visit
    }

    /// Number of this attempt in its visit, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Number of this attempt among all attempts at the node, over all visits, from 1.
    pub fn execution(&self) -> u32 {
        self.execution
    }

    /// The edge by which the run came here; nothing at the start and after a jump.
    pub fn incoming_edge(&self) -> Option<&Edge> {
        self.incoming_edge
            .and_then(|index| self.graph.edges().get(index))
    }

    /// The node the run came from.
    pub fn previous_node(&self) -> Option<&NodeId> {
        self.previous.as_ref()
    }

    /// Whether this is the first stage after a resume: model sessions of earlier stages are gone.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// What the run may still use: shared by its branches, and to be handed on to a pipeline that
    /// the stage runs ([`RunOptions::within`](crate::RunOptions::within)).
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The artifacts of the run: large outputs, kept in the run directory.
    pub fn artifacts(&self) -> ArtifactStore {
        self.context.artifacts().reporting(self.progress.clone())
    }

    /// Cancelled when the stage must stop: the run was cancelled or the node's time is up.
    ///
    /// A handler that holds something outside of its future (a process group, a remote session)
    /// watches this and lets go at once; others are simply dropped.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Where to report progress.
    pub fn progress(&self) -> &ProgressSink {
        &self.progress
    }

    /// What it takes to run another pipeline; nothing outside of an engine.
    pub fn children(&self) -> Option<&ChildRuns> {
        self.children.as_ref()
    }

    /// What the run knows of the child run that an earlier process has begun for this attempt.
    pub fn child(&self) -> Option<&ChildState> {
        self.child.as_ref()
    }

    /// Whether the stage goes on with the child run of the attempt before, because the run had
    /// failed there and was resumed.
    pub fn continues(&self) -> bool {
        self.continues
    }

    /// The stage for people: its node, in a child run after the stages that it's within:
    /// `manage/build`.
    pub fn path(&self) -> String {
        let node = self.node.as_str();
        match &self.within {
            Some(within) => format!("{within}/{node}"),
            None => node.to_owned(),
        }
    }

    /// The messages that are sent to the stage while there is such an inbox; see
    /// [`RunHandle::steer`](crate::RunHandle::steer).
    pub fn steering(&self) -> SteeringInbox {
        let Some(steering) = &self.steering else {
            return SteeringInbox::closed();
        };
        let file = self.stage_dir().map(|root| root.join("steering.md"));
        SteeringInbox::open(steering, &self.node, file)
    }

    /// Sets the context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Sets what the run has done before.
    #[must_use]
    pub fn with_history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// Sets the run's id.
    #[must_use]
    pub fn with_run_id(mut self, run_id: impl Into<Arc<str>>) -> Self {
        self.run_id = run_id.into();
        self
    }

    /// Sets the run directory and the directory of this attempt.
    #[must_use]
    pub fn with_directories(
        mut self,
        logs_root: impl Into<Arc<Path>>,
        stage_dir: impl Into<PathBuf>,
    ) -> Self {
        self.logs_root = Some(logs_root.into());
        self.stage_dir = Some(stage_dir.into());
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn with_workdir(mut self, workdir: impl Into<Arc<Path>>) -> Self {
        self.workdir = workdir.into();
        self
    }

    /// Sets the numbers of the visit, the attempt in it, and the attempt over all visits.
    #[must_use]
    pub fn with_attempt(mut self, visit: u32, attempt: u32, execution: u32) -> Self {
        self.visit = visit;
        self.attempt = attempt;
        self.execution = execution;
        self
    }

    /// Sets the branch the stage is in.
    #[must_use]
    pub fn with_branch(mut self, branch: Option<Arc<BranchKey>>) -> Self {
        self.branch = branch;
        self
    }

    /// Sets where the run came from: the node and the position of the edge in source order.
    #[must_use]
    pub fn with_arrival(mut self, previous: Option<NodeId>, edge: Option<usize>) -> Self {
        self.previous = previous;
        self.incoming_edge = edge;
        self
    }

    /// Marks the stage as the first one after a resume.
    #[must_use]
    pub fn with_resumed(mut self, resumed: bool) -> Self {
        self.resumed = resumed;
        self
    }

    /// Sets what the run may use.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets the token that stops the stage.
    #[must_use]
    pub fn with_cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Sets where progress goes.
    #[must_use]
    pub fn with_progress(mut self, progress: ProgressSink) -> Self {
        self.progress = progress;
        self
    }

    pub(crate) fn with_children(
        mut self,
        children: ChildRuns,
        child: Option<ChildState>,
        continues: bool,
    ) -> Self {
        self.children = Some(children);
        self.child = child;
        self.continues = continues;
        self
    }

    pub(crate) fn with_within(mut self, within: Option<Arc<str>>) -> Self {
        self.within = within;
        self
    }

    pub(crate) fn with_steering(mut self, steering: Arc<Steering>) -> Self {
        self.steering = Some(steering);
        self
    }
}

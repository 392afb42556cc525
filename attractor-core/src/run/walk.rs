use crate::graph::NodeId;
use crate::state::{Context, Outcome};

use super::Run;
use super::branch::BranchPath;
use super::child::ChildState;
use super::event::RunEvent;
use super::failure::kind;
use super::history::History;
use super::limits::{CHECKPOINT_EVERY_STAGE_BELOW, CHECKPOINT_SHARE};
use super::parallel::{self, Block, BranchEnd, BranchResult, BranchState, JoinPolicy};
use super::state::{Phase, WalkState};
use super::step::{BranchStep, StageKey, Step};

/// A run, or one of its branches, on its way through the graph.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    pub(super) run: &'a Run,
    pub(super) walk: &'a WalkState,
}

impl<'a> Walk<'a> {
    /// The branch it is; nothing for the main walk.
    pub fn branch(self) -> Option<&'a BranchPath> {
        self.walk.path()
    }

    /// The child run of the present stage, if it has begun one.
    pub fn child(self) -> Option<&'a ChildState> {
        self.walk.child.as_ref()
    }

    /// Whether the present stage goes on with the child run of the attempt before, because the
    /// run had failed there and was resumed.
    pub fn continues(self) -> bool {
        self.walk.continues
    }

    /// What the branch is called, and where it began; nothing for the main walk.
    #[cfg(feature = "git")]
    pub(crate) fn key(self) -> Option<&'a std::sync::Arc<super::BranchKey>> {
        self.walk.branch.as_ref().map(|base| &base.key)
    }

    /// Its context. A branch has its own, which begins as a copy of that of the walk it is in.
    pub fn context(self) -> &'a Context {
        &self.walk.context
    }

    /// What was done since it began, or started over.
    pub fn history(self) -> &'a History {
        &self.walk.history
    }

    /// The node it came from on its way to the present one, and the edge it followed.
    pub fn arrival(self) -> (Option<&'a NodeId>, Option<usize>) {
        (self.walk.previous.as_ref(), self.walk.incoming_edge)
    }

    /// Whether model sessions of earlier stages are gone because the run was resumed, or out of
    /// reach because a branch has begun.
    pub fn is_resumed(self) -> bool {
        self.walk.resumed
    }

    /// The event that begins an attempt.
    pub fn stage_started(self, stage: &StageKey) -> RunEvent {
        RunEvent::StageStarted {
            node: stage.node.clone(),
            index: stage.index,
            visit: stage.visit,
            attempt: stage.attempt,
            handler: kind(&self.run.graph, &stage.node)
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// The stage of the parallel node whose branches have come together and that isn't recorded
    /// as completed yet.
    pub(crate) fn joining(self) -> Option<&'a StageKey> {
        match &self.walk.phase {
            Phase::Joining { stage, .. } => Some(stage),
            _ => None,
        }
    }

    pub(super) fn is_branch(&self) -> bool {
        self.walk.branch.is_some()
    }

    /// The first attempt of the next visit of a node.
    pub(super) fn next_visit(&self, node: &NodeId) -> StageKey {
        next_visit(
            self.run.shared.steps,
            &self.run.shared.visits,
            self.walk,
            node,
        )
    }

    /// The event that ends the branch.
    pub(super) fn end_branch(
        &self,
        end: BranchEnd,
        reached: Option<&NodeId>,
        error: Option<String>,
    ) -> Step {
        let base = self.walk.branch.as_ref();
        let last = base.and_then(|base| base.outcome.clone());
        let outcome = match error {
            Some(error) => Outcome::fail(error),
            None => last.unwrap_or_else(Outcome::success),
        };
        let step = base.and_then(|base| {
            let (node, id) = (&base.key.stage.node, base.key.path.id());
            let parent = self.run.main.at(base.key.path.parent().as_ref())?;
            let Phase::Parallel(block) = &parent.phase else {
                return None;
            };
            let place = block.branches.iter().position(|branch| branch.id == id)?;
            Some(completed(node, id, place, end, reached, outcome))
        });
        // A branch is always in the block that it was made by.
        step.unwrap_or(Step::Finished)
    }

    /// The event by which a parallel node fans out; a failure if it can't.
    pub(super) fn fan_out(&self, stage: &StageKey, outcome: Outcome, duration_ms: u64) -> RunEvent {
        let mut context = self.walk.context.clone();
        context.apply_updates(&outcome.context_updates);
        let graph = &self.run.graph;
        let depth = self.branch().map_or(0, BranchPath::depth);
        let node = graph.node(&stage.node);
        if let Some(reason) = parallel::refusal(graph, stage, depth, &context) {
            let outcome = Outcome::fail(reason);
            let outcome = outcome.with_failure_kind(crate::state::FailureKind::Terminal);
            return self.judge_attempt(stage, outcome, duration_ms);
        }
        RunEvent::ParallelStarted {
            node: stage.node.clone(),
            index: stage.index,
            attempt: stage.attempt,
            branch_count: parallel::fan_out(graph, &stage.node, &context).count(),
            max_parallel: node.map_or(1, parallel::max_parallel),
            join_policy: node.map_or(JoinPolicy::WaitAll, JoinPolicy::of),
            context_updates: outcome.context_updates,
        }
    }

    /// What to do in the branches of a parallel node: the first thing that only has to be
    /// recorded; else the end of the run if a branch asks for it; else all attempts, without
    /// those against which a limit stands.
    pub(super) fn branches(&self, block: &Block) -> Step {
        if block.is_done() {
            return Step::RecordTimed(RunEvent::ParallelCompleted {
                node: block.stage.node.clone(),
                success_count: block.success_count(),
                failure_count: block.failure_count(),
                duration_ms: 0,
            });
        }
        let room = block.running() < block.max_parallel;
        let mut waiting = true;
        let (mut attempts, mut failure, mut pause) = (Vec::new(), None, None);
        for (place, branch) in block.branches.iter().enumerate() {
            let may_begin = room && waiting;
            waiting &= !matches!(branch.state, BranchState::Waiting);
            match self.branch_step(block, place, may_begin) {
                None => {}
                Some(Step::Branches(mut inner)) => {
                    if is_recorded(&inner) {
                        return Step::Branches(inner);
                    }
                    attempts.append(&mut inner);
                }
                Some(step @ Step::Fail { .. }) => failure = failure.or(Some(step)),
                Some(step @ Step::Pause { .. }) => pause = pause.or(Some(step)),
                Some(step) => {
                    let branch = self.path_of(block, &branch.id);
                    let executes = matches!(step, Step::Execute { .. });
                    let step = BranchStep { branch, step };
                    if !executes {
                        return Step::Branches(vec![step]);
                    }
                    attempts.push(step);
                }
            }
        }
        // What has begun goes on to its end before the run is paused.
        let pause = pause.filter(|_| attempts.is_empty());
        failure.or(pause).unwrap_or(Step::Branches(attempts))
    }

    /// What to do next in one branch, if anything.
    fn branch_step(&self, block: &Block, place: usize, may_begin: bool) -> Option<Step> {
        let branch = block.branches.get(place)?;
        let node = &block.stage.node;
        match &branch.state {
            BranchState::Done(_) => None,
            _ if block.stopped.is_some() => {
                let outcome = BranchResult::cancelled_outcome();
                let end = BranchEnd::Cancelled;
                Some(completed(node, &branch.id, place, end, None, outcome))
            }
            BranchState::Running(walk) => {
                let run = self.run;
                Some(Walk { run, walk }.decide())
            }
            BranchState::Waiting => {
                let edge = self.run.graph.edges().get(branch.edge)?;
                let begin = RunEvent::ParallelBranchStarted {
                    node: node.clone(),
                    id: branch.id.clone(),
                    index: place + 1,
                    to: edge.to().clone(),
                    edge: branch.edge,
                };
                may_begin.then_some(Step::Record(begin))
            }
        }
    }

    /// Whether an event that begins or ends a branch of this walk's parallel node is expected.
    pub(super) fn expects_branch(&self, index: usize, event: &RunEvent) -> bool {
        let Phase::Parallel(block) = &self.walk.phase else {
            return false;
        };
        let Some(place) = index.checked_sub(1) else {
            return false;
        };
        let waiting = |branch: &super::parallel::Branch| branch.state == BranchState::Waiting;
        let is_next = block.branches.iter().position(waiting) == Some(place);
        let may_begin = is_next && block.running() < block.max_parallel;
        self.branch_step(block, place, may_begin)
            .is_some_and(|step| step.leads_to(event))
    }

    /// The way on from a parallel node that hasn't failed.
    pub(super) fn leave_parallel(&self, node: &NodeId) -> Step {
        match &self.walk.onward {
            Some(to) => Step::Record(RunEvent::Jumped {
                from: node.clone(),
                to: to.clone(),
                reason: super::rule::JumpReason::Joined,
            }),
            None => self.dead_end(),
        }
    }

    fn path_of(&self, block: &Block, id: &str) -> BranchPath {
        BranchPath::new(self.branch(), &block.stage.node, id)
    }
}

impl Run {
    /// What to do next.
    ///
    /// Says the same until an event is applied.
    pub fn next(&self) -> Step {
        if self.shared.paused.is_some() {
            return Step::Finished;
        }
        let step = self.main().decide();
        let ends = matches!(step, Step::Complete | Step::Fail { .. });
        match &self.shared.last_completed {
            Some(node) if self.checkpoint_due(ends) => Step::Checkpoint { node: node.clone() },
            _ => step,
        }
    }

    /// After every stage while the run is short, then after every further share of it, and before
    /// its end.
    fn checkpoint_due(&self, ends: bool) -> bool {
        let pause = match self.shared.completed {
            ..CHECKPOINT_EVERY_STAGE_BELOW => 1,
            completed => completed / CHECKPOINT_SHARE,
        };
        let since = self.shared.completed - self.shared.completed_at_checkpoint;
        let between_stages = matches!(self.main.phase, Phase::Leaving { .. } | Phase::Parallel(_));
        since > 0 && (ends || (between_stages && since >= pause))
    }
}

/// The first attempt of the next visit of a node.
pub(super) fn next_visit(
    steps: u64,
    visits: &std::collections::BTreeMap<NodeId, u32>,
    walk: &WalkState,
    node: &NodeId,
) -> StageKey {
    // A branch counts its own, so that they don't depend on what happens beside it.
    let visits = walk.branch.as_ref().map_or(visits, |base| &base.visits);
    StageKey {
        node: node.clone(),
        index: steps + 1,
        visit: visits.get(node).copied().unwrap_or(0) + 1,
        attempt: 1,
        execution: walk.executions.get(node).copied().unwrap_or(0) + 1,
        restart: walk.restarts,
        branch: walk.branch.as_ref().map(|base| base.key.clone()),
    }
}

fn is_recorded(steps: &[BranchStep]) -> bool {
    matches!(steps, [only] if !matches!(only.step, Step::Execute { .. }))
}

fn completed(
    node: &NodeId,
    id: &str,
    place: usize,
    end: BranchEnd,
    reached: Option<&NodeId>,
    outcome: Outcome,
) -> Step {
    Step::RecordTimed(RunEvent::ParallelBranchCompleted {
        node: node.clone(),
        id: id.to_owned(),
        index: place + 1,
        end,
        reached: reached.cloned(),
        success: outcome.status.is_success(),
        outcome,
        duration_ms: 0,
    })
}

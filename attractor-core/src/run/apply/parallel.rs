//! Parallel nodes: fanning out, and coming together again.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::run::branch::{BranchKey, BranchPath};
use crate::run::event::RunEvent;
use crate::run::parallel::{
    Block, BranchEnd, BranchResult, BranchState, JoinPolicy, Stop, fan_ins,
};
use crate::run::state::{Phase, WalkState};
use crate::state::StageStatus;
use crate::{Error, NodeId};

use super::Change;

impl Change<'_> {
    pub(super) fn fan_out(
        &mut self,
        event: &RunEvent,
        id: &NodeId,
        branch_count: usize,
        updates: &BTreeMap<String, Value>,
    ) -> Result<Phase, Error> {
        let stage = match &self.walk.phase {
            Phase::Executing(stage) if stage.node == *id => stage.clone(),
            _ => return Err(self.refuse(event)),
        };
        let mut context = self.walk.context.clone();
        context.apply_updates(updates);
        let node = self.graph.node(id).ok_or_else(|| self.refuse(event))?;
        let block = Block::new(self.graph, node, stage, &context);
        if block.branches.len() != branch_count || branch_count == 0 {
            return Err(self.refuse(event));
        }
        self.walk.context = context;
        Ok(Phase::Parallel(Box::new(block)))
    }

    pub(super) fn begin_branch(
        &mut self,
        event: &RunEvent,
        path: Option<&BranchPath>,
        index: usize,
        edge: usize,
    ) -> Result<(), Error> {
        let begun = (|| {
            let Phase::Parallel(block) = &self.walk.phase else {
                return None;
            };
            let path = path?;
            let branch = block.branches.get(index.checked_sub(1)?)?;
            let fits = branch.id == path.id() && branch.edge == edge;
            let to = self.graph.edges().get(edge)?.to().clone();
            let key = BranchKey {
                stage: block.stage.clone(),
                path: path.clone(),
            };
            let waiting = branch.state == BranchState::Waiting;
            (fits && waiting).then(|| self.walk.branch(key, edge, to))
        })();
        let walk = begun.ok_or_else(|| self.refuse(event))?;
        if let Some(branch) = branch_mut(self.walk, index) {
            *branch = BranchState::Running(Box::new(walk));
        }
        Ok(())
    }

    pub(super) fn end_branch(
        &mut self,
        event: &RunEvent,
        path: Option<&BranchPath>,
        index: usize,
    ) -> Result<(), Error> {
        let RunEvent::ParallelBranchCompleted {
            end,
            reached,
            outcome,
            ..
        } = event
        else {
            return Err(self.refuse(event));
        };
        let known = branch_mut(self.walk, index);
        let Some(branch) = known.filter(|_| path.is_some()) else {
            return Err(self.refuse(event));
        };
        let mut result = BranchResult {
            end: *end,
            outcome: outcome.clone(),
            reached: reached.clone(),
            updates: BTreeMap::new(),
            history: Default::default(),
        };
        match branch {
            BranchState::Done(_) => return Err(self.refuse(event)),
            BranchState::Waiting => {}
            // What a branch that was stopped has done depends on when that was.
            BranchState::Running(_) if *end == BranchEnd::Cancelled => {}
            BranchState::Running(walk) => {
                result.history = std::mem::take(&mut walk.history);
                let base = walk.branch.as_mut();
                result.updates = base
                    .map(|base| std::mem::take(&mut base.updates))
                    .unwrap_or_default();
            }
        }
        *branch = BranchState::Done(Box::new(result));
        if let Phase::Parallel(block) = &mut self.walk.phase
            && block.policy == JoinPolicy::FirstSuccess
            && outcome.status == StageStatus::Success
            && block.stopped.is_none()
        {
            block.stopped = Some(Stop::Succeeded);
        }
        Ok(())
    }

    pub(super) fn time_out(&mut self, event: &RunEvent, node: &NodeId) -> Result<(), Error> {
        match &mut self.walk.phase {
            Phase::Parallel(block) if block.stage.node == *node && block.stopped.is_none() => {
                block.stopped = Some(Stop::TimedOut);
                Ok(())
            }
            _ => Err(self.refuse(event)),
        }
    }

    pub(super) fn join(&mut self, event: &RunEvent, node: &NodeId) -> Result<Phase, Error> {
        let Phase::Parallel(block) = &self.walk.phase else {
            return Err(self.refuse(event));
        };
        if block.stage.node != *node || !block.is_done() {
            return Err(self.refuse(event));
        }
        let join = fan_ins(self.graph, node).into_iter().next();
        let (stage, outcome) = (block.stage.clone(), block.outcome());
        self.walk.onward = block.onward(join.as_ref());
        for (_, result) in block.results() {
            self.walk.history.merge(&result.history);
        }
        // An earlier parallel node's winner isn't one of these branches.
        let stale: Vec<String> = self
            .walk
            .context
            .iter()
            .map(|(key, _)| key)
            .filter(|key| {
                key.starts_with("parallel.branch.") || key.starts_with("parallel.fan_in.")
            })
            .map(str::to_owned)
            .collect();
        for key in stale {
            self.walk.context.remove(&key);
        }
        Ok(Phase::Joining {
            stage,
            outcome: Box::new(outcome),
        })
    }
}

fn branch_mut(walk: &mut WalkState, index: usize) -> Option<&mut BranchState> {
    let Phase::Parallel(block) = &mut walk.phase else {
        return None;
    };
    let branch = block.branches.get_mut(index.checked_sub(1)?)?;
    Some(&mut branch.state)
}

//! The way from one node to the next.

use crate::run::event::RunEvent;
use crate::run::failure::kind;
use crate::run::parallel::FAN_IN;
use crate::run::rule::JumpReason;
use crate::run::state::Phase;
use crate::{Error, NodeId};

use super::Change;

impl Change<'_> {
    pub(super) fn follow(
        &mut self,
        event: &RunEvent,
        to: &NodeId,
        edge: usize,
    ) -> Result<Phase, Error> {
        let Phase::Leaving { node, .. } = &self.walk.phase else {
            return Err(self.refuse(event));
        };
        let node = node.clone();
        let taken = self.graph.edges().get(edge);
        let Some(taken) = taken.filter(|edge| *edge.from() == node && edge.to() == to) else {
            return Err(self.refuse(event));
        };
        if taken.loop_restart {
            return Ok(Phase::Restarting(to.clone()));
        }
        self.walk.previous = Some(node);
        self.walk.incoming_edge = Some(edge);
        Ok(Phase::Arriving(to.clone()))
    }

    pub(super) fn jump(
        &mut self,
        event: &RunEvent,
        from: &NodeId,
        to: &NodeId,
        reason: JumpReason,
    ) -> Result<Phase, Error> {
        let at = match &self.walk.phase {
            Phase::Leaving { node, .. } => node,
            Phase::TurnedBack { from, .. } => from,
            _ => return Err(self.refuse(event)),
        };
        if at != from || self.graph.node(to).is_none() {
            return Err(self.refuse(event));
        }
        self.walk.previous = Some(from.clone());
        self.walk.incoming_edge = None;
        self.walk.onward = None;
        if reason == JumpReason::Joined && kind(self.graph, to) == Some(FAN_IN) {
            return Ok(Phase::Joined(to.clone()));
        }
        Ok(Phase::Arriving(to.clone()))
    }

    pub(super) fn turned_back(&mut self, event: &RunEvent, gate: &NodeId) -> Result<Phase, Error> {
        let (Phase::Arriving(node) | Phase::Leaving { node, .. }) = &self.walk.phase else {
            return Err(self.refuse(event));
        };
        let from = node.clone();
        self.walk.redirects += 1;
        Ok(Phase::TurnedBack {
            from,
            gate: gate.clone(),
        })
    }
}

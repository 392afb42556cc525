//! The hops of a journal: it's replayed, and before each event the state is asked about it.

use std::collections::BTreeMap;

use crate::Error;
use crate::graph::NodeId;
use crate::run::JournalEntry;
use crate::run::event::RunEvent;
use crate::run::{BranchPath, Run};

use super::way::{self, Way};
use super::{Hop, HopRule};

/// Where each walk is, as its journal says.
type Present = BTreeMap<Option<BranchPath>, (NodeId, u32, u32)>;

impl Run {
    /// The hops that a journal records, each with what decided it.
    ///
    /// This is the run before its first entry, with the [artifacts](Self::with_artifacts) of its
    /// directory where values of its context may be large. The graph is the one the run has now.
    /// Where it was changed on the way, hops before that are judged by it all the same, and say so
    /// if they don't agree.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Damaged`](crate::ErrorKind::Damaged) with the number of the entry that can't follow.
    ///
    /// Source: attractor-spec 3.3.
    pub fn explain(mut self, entries: &[JournalEntry]) -> Result<Vec<Hop>, Error> {
        let mut hops = Vec::new();
        let mut present = Present::new();
        for entry in entries {
            let branch = entry.branch.as_ref();
            let way = self.way(branch, &entry.event);
            let agrees = way.is_none() || self.expects(branch, &entry.event);
            self.follow(entry)?;
            let way = way.or_else(|| self.went_on(&entry.event));
            if let Some(way) = way {
                hops.push(hop(entry, way, &present, agrees));
            }
            if let RunEvent::StageStarted {
                node,
                visit,
                attempt,
                ..
            } = &entry.event
            {
                let place = (node.clone(), *visit, *attempt);
                present.insert(entry.branch.clone(), place);
            }
        }
        Ok(hops)
    }

    fn way(&self, branch: Option<&BranchPath>, event: &RunEvent) -> Option<Way> {
        let parent = match event {
            RunEvent::ParallelBranchStarted { .. } => branch.and_then(BranchPath::parent),
            // One that never began has no walk; its parallel node's says as much.
            RunEvent::ParallelBranchCompleted { .. } if self.walk(branch).is_none() => {
                branch.and_then(BranchPath::parent)
            }
            _ => branch.cloned(),
        };
        way::of(&self.walk(parent.as_ref())?, event)
    }

    /// Where a run goes on that was resumed.
    fn went_on(&self, event: &RunEvent) -> Option<Way> {
        let RunEvent::RunResumed { .. } = event else {
            return None;
        };
        let to = self.main.phase.node();
        let reason = match to {
            Some(node) => format!("another process goes on at {node}"),
            None => "another process goes on".to_owned(),
        };
        Some(Way {
            from: None,
            to: to.cloned(),
            rule: HopRule::Resume,
            failed: false,
            reason,
            seen: None,
            candidates: Vec::new(),
        })
    }
}

fn hop(entry: &JournalEntry, way: Way, present: &Present, agrees: bool) -> Hop {
    let Way {
        from,
        to,
        rule,
        failed,
        reason,
        seen,
        candidates,
    } = way;
    let place = present.get(&entry.branch);
    let place = place.filter(|(node, ..)| from.as_ref() == Some(node));
    Hop {
        seq: entry.seq,
        time: entry.time.clone(),
        branch: entry.branch.clone(),
        visit: place.map(|place| place.1),
        attempt: place.map(|place| place.2),
        from,
        to,
        source: rule.source(failed),
        rule,
        reason,
        seen,
        candidates,
        agrees,
    }
}

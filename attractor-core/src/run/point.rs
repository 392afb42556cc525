//! Where a run can be put back to; pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::graph::{Graph, NodeId};
use crate::{Error, ErrorKind};

use super::Run;
use super::branch::BranchPath;
use super::entry::JournalEntry;
use super::event::RunEvent;
use super::state::Phase;
use super::step::StageKey;

/// The moment before a visit of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Point {
    /// The node, which comes next.
    pub node: NodeId,
    /// The branch it's in; nothing for the main walk.
    pub branch: Option<BranchPath>,
    /// Number of the visit over the whole run, from 1.
    pub visit: u32,
    /// How many visits of the node there are.
    pub visits: u32,
    /// The journal's entry that begins the visit.
    pub seq: u64,
}

impl Point {
    /// The moment before a visit of a node: the last visit unless another one is asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if there was no such visit.
    pub fn find(entries: &[JournalEntry], node: &str, visit: Option<u32>) -> Result<Self, Error> {
        let mut seen = BTreeSet::new();
        let mut visited = BTreeSet::new();
        let mut found = Vec::new();
        for entry in entries {
            let RunEvent::StageStarted {
                node: id,
                index,
                attempt: 1,
                ..
            } = &entry.event
            else {
                continue;
            };
            visited.insert(id.as_str());
            // After a crash the same visit begins again.
            if id == node && seen.insert(*index) {
                found.push((id.clone(), entry.branch.clone(), entry.seq));
            }
        }
        let visits = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let wanted = visit.unwrap_or(visits);
        let place = (wanted as usize).checked_sub(1);
        let Some((node, branch, seq)) = place.and_then(|place| found.into_iter().nth(place)) else {
            let text = match visits {
                0 => {
                    let visited: Vec<_> = visited.into_iter().collect();
                    let visited = visited.join(", ");
                    format!("{node} was never executed in this run; executed were: {visited}")
                }
                1 => format!("{node} was visited once in this run, not {wanted} times"),
                _ => format!("{node} was visited {visits} times in this run, not {wanted}"),
            };
            return Err(Error::new(ErrorKind::InvalidInput, text));
        };
        Ok(Self {
            node,
            branch,
            visit: wanted,
            visits,
            seq,
        })
    }

    /// The entries before it.
    #[must_use]
    pub fn before<'a>(&self, entries: &'a [JournalEntry]) -> &'a [JournalEntry] {
        let count = entries
            .iter()
            .take_while(|entry| entry.seq < self.seq)
            .count();
        entries.get(..count).unwrap_or_default()
    }
}

/// The attempts that a journal begins, in order.
pub(crate) fn attempts(
    graph: &Arc<Graph>,
    entries: &[JournalEntry],
) -> Result<Vec<StageKey>, Error> {
    let mut run = Run::new(Arc::clone(graph));
    let mut found = Vec::new();
    for entry in entries {
        let branch = entry.branch.as_ref();
        run.apply_in(branch, &entry.event)?;
        if let RunEvent::StageStarted { .. } = &entry.event
            && let Some(Phase::Executing(stage)) = run.main.at(branch).map(|walk| &walk.phase)
        {
            found.push(stage.clone());
        }
    }
    Ok(found)
}

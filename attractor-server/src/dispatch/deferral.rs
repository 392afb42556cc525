use std::collections::BTreeMap;
use std::mem::Discriminant;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::Dispatcher;
use super::limits::DEFERRALS;
use crate::domain::{Error, ProjectId, RunId, event_type};
use crate::store::Deferral;

/// Why runs wait, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Deferrals(Mutex<BTreeMap<RunId, Discriminant<Deferral>>>);

impl Deferrals {
    /// Those of them whose cause isn't known to those who watch.
    fn new_ones(
        &self,
        found: Vec<(RunId, ProjectId, Deferral)>,
    ) -> Vec<(RunId, ProjectId, Deferral)> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() > DEFERRALS {
            told.clear();
        }
        let cause = |it: &Deferral| std::mem::discriminant(it);
        let is_new = |(run, _, why): &(RunId, ProjectId, Deferral)| {
            told.insert(run.clone(), cause(why)) != Some(cause(why))
        };
        found.into_iter().filter(is_new).collect()
    }

    pub(super) fn forget(&self, run: &RunId) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(run);
    }
}

impl Dispatcher {
    /// Tells of runs that wait why they do, once for each cause.
    pub(super) async fn tell_deferrals(&self) -> Result<(), Error> {
        let store = &self.parts.store;
        let found = store.deferred(self.config.limits, self.now()).await?;
        for (run, project, why) in self.deferrals.new_ones(found) {
            let (kind, payload) = described(&project, &why);
            // Another server, or this one before its restart, may have told it.
            let last = store.events_before(&run, None, 1).await?;
            if last.last().is_some_and(|event| event.kind == kind) {
                continue;
            }
            let stored = store.append(&run, vec![self.event(kind, payload)]).await?;
            if let Some(event) = stored.last() {
                self.tell(&run, event.seq).await;
            }
        }
        Ok(())
    }
}

fn described(project: &ProjectId, why: &Deferral) -> (&'static str, Value) {
    match why {
        Deferral::Concurrency { active, limit } => (
            event_type::DEFERRED_CONCURRENCY,
            json!({"projectId": project, "activeRuns": active, "limit": limit}),
        ),
        Deferral::BranchLock { by } => (
            event_type::DEFERRED_BRANCH_LOCK,
            json!({"projectId": project, "runId": by}),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_once() {
        let (deferrals, run, project) = (Deferrals::default(), RunId::new(), ProjectId::new());
        let busy = |active| Deferral::Concurrency { active, limit: 5 };
        let lock = || Deferral::BranchLock { by: RunId::new() };
        let told = |why| {
            let found = vec![(run.clone(), project.clone(), why)];
            deferrals.new_ones(found).len()
        };
        assert_eq!(
            [told(busy(5)), told(busy(6)), told(lock()), told(lock())],
            [1, 0, 1, 0]
        );
        deferrals.forget(&run);
        assert_eq!(told(lock()), 1);
    }
}

use serde_json::{Value, json};

use super::Dispatcher;
use crate::domain::{Error, ProjectId, event_type};
use crate::store::Deferral;

impl Dispatcher {
    /// Tells of runs that wait why they do; the store sees to it that each cause is told once.
    pub(super) async fn tell_deferrals(&self) -> Result<(), Error> {
        let store = &self.parts.store;
        let found = store.deferred(self.config.limits, self.now()).await?;
        for (run, project, why) in found {
            let (kind, payload) = described(&project, &why);
            let event = self.event(kind, payload);
            if let Some(told) = store.tell_deferral(&run, &why, event).await? {
                self.tell(&run, told.seq).await;
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

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::limits::SCRUBBER_TIME;
use super::{Scrubber, SecretStore};
use crate::domain::{Error, ProjectId, Timestamp};

/// The scrubbers of the projects whose runs say something now, so that not each word opens all secrets.
#[derive(Default)]
pub(crate) struct Scrubbers(Mutex<BTreeMap<ProjectId, (Timestamp, Scrubber)>>);

impl Scrubbers {
    /// What takes the values of a project's secrets out of what its runs say: also of those that runs
    /// aren't given, which a remote may repeat in its answers.
    pub(crate) async fn of(
        &self,
        secrets: &dyn SecretStore,
        project: &ProjectId,
        now: Timestamp,
    ) -> Result<Scrubber, Error> {
        if let Some(known) = self.known(project, now) {
            return Ok(known);
        }
        let mut all = secrets.environment(project).await?;
        // An address is no secret, and would be missing in errors.
        all.retain(|variable, _| !variable.ends_with("_BASE_URL"));
        all.extend(secrets.forge_environment(project).await?);
        let scrubber = Scrubber::new(&all);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(project.clone(), (now, scrubber.clone()));
        Ok(scrubber)
    }

    fn known(&self, project: &ProjectId, now: Timestamp) -> Option<Scrubber> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (since, _)| now.since(*since) < SCRUBBER_TIME);
        known.get(project).map(|(_, scrubber)| scrubber.clone())
    }

    /// Forgets a project's: its secrets have changed.
    pub(crate) fn forget(&self, project: &ProjectId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(project);
    }
}

impl fmt::Debug for Scrubbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubbers")
    }
}

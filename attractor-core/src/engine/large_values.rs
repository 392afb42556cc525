//! Values that are too large for the context become artifacts.

use super::drive::EngineRun;
use crate::Error;
use crate::artifact::{is_large, reference};
use crate::handler::StageProgress;
use crate::run::limits::ARTIFACT_FILE_BYTES;
use crate::run::{RunEvent, StageKey};
use crate::state::Outcome;

impl EngineRun {
    /// Makes artifacts of the large values in an outcome, and puts references in their place, so
    /// that context, journal and checkpoint stay small.
    pub(super) async fn put_aside(
        &mut self,
        stage: &StageKey,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        for (number, (key, value)) in (1_usize..).zip(&mut outcome.context_updates) {
            if !is_large(value, ARTIFACT_FILE_BYTES) {
                continue;
            }
            let artifacts = self.run.context().artifacts().clone();
            let info = artifacts.store(&id(stage, number, key), key, std::mem::take(value))?;
            *value = reference(&info);
            let data = match info.is_file_backed {
                true => None,
                false => Some(artifacts.retrieve(&info.id)?),
            };
            let event = RunEvent::Progress {
                node: stage.node.clone(),
                progress: StageProgress::ArtifactStored { info, data },
            };
            self.record(stage.branch_path(), event).await?;
        }
        Ok(())
    }
}

/// An id that no other attempt's value has: the visit's number is the run's.
fn id(stage: &StageKey, number: usize, key: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let key: String = key
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(100)
        .collect();
    let (index, attempt) = (stage.index, stage.attempt);
    format!("context-{index}-{attempt}-{number}-{key}")
}

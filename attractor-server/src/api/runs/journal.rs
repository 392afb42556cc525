//! A run's journal and pipeline as the store has them, for what is worked out from both.

use std::sync::Arc;

use attractor_core::{Graph, JournalEntry};

use super::limits::{JOURNAL, READ};
use crate::api::attractors::check;
use crate::app::App;
use crate::domain::{Error, Run};

/// The entries of the engine's journal that are stored.
pub(super) async fn entries(app: &App, run: &Run) -> Result<Vec<JournalEntry>, Error> {
    let mut entries: Vec<JournalEntry> = Vec::new();
    loop {
        let after = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        let events = app.store().journal(&run.id, after, READ).await?;
        let is_last = events.len() < READ as usize;
        for event in events {
            let entry = event.payload.get("payload").cloned().unwrap_or_default();
            let entry = serde_json::from_value(entry).map_err(|error| {
                Error::internal("an entry of the journal can't be read").caused_by(error)
            })?;
            entries.push(entry);
        }
        if is_last || entries.len() >= JOURNAL {
            return Ok(entries);
        }
    }
}

/// The pipeline that the run executes, if its text is kept here.
pub(crate) async fn graph(app: &App, run: &Run) -> Result<Arc<Graph>, Error> {
    let Some(version) = run.attractor_version else {
        let message = "the text of the run's pipeline lies in the repository, not here";
        return Err(Error::conflict("no_content", message));
    };
    let (_, content) = app
        .store()
        .attractor_version(&run.attractor_def_id, version)
        .await?;
    let checked = tokio::task::spawn_blocking(move || check(&content)).await;
    let checked =
        checked.map_err(|error| Error::internal("a check broke off").caused_by(error))??;
    let pipeline = checked.pipeline.ok_or_else(|| {
        let message = "the run's pipeline isn't one that this server could run";
        Error::conflict("invalid_pipeline", message)
    })?;
    Ok(Arc::clone(pipeline.graph()))
}

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

/// The text that the run executes: of its attractor's version, or what it has found in the repository.
pub(crate) async fn pipeline_text(app: &App, run: &Run) -> Result<Option<String>, Error> {
    let store = app.store();
    let id = &run.attractor_def_id;
    Ok(match run.attractor_version {
        Some(version) => Some(store.attractor_version(id, version).await?.1),
        None => store.run_pipeline(&run.id).await?.map(|it| it.content),
    })
}

/// The pipeline that the run executes, if its text is known here.
pub(crate) async fn graph(app: &App, run: &Run) -> Result<Arc<Graph>, Error> {
    let Some(content) = pipeline_text(app, run).await? else {
        let message = "the run's pipeline lies in the repository, and no runner has read it yet";
        return Err(Error::conflict("no_content", message));
    };
    let checked = tokio::task::spawn_blocking(move || check(&content)).await;
    let checked =
        checked.map_err(|error| Error::internal("a check broke off").caused_by(error))??;
    let pipeline = checked.pipeline.ok_or_else(|| {
        let message = "the run's pipeline isn't one that this server could run";
        Error::conflict("invalid_pipeline", message)
    })?;
    Ok(Arc::clone(pipeline.graph()))
}

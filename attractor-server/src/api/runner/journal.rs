use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::limits::JOURNAL;
use crate::api::extract::{OfAttempt, Query};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::runner_api::JournalPage;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The number of the last entry that is known.
    #[serde(default)]
    after: i64,
}

/// Entries of the engine's journal, as they were told.
#[utoipa::path(get, path = "/api/runner/journal", tag = "runner", params(After), responses(
    (status = 200, body = JournalPage),
))]
pub(crate) async fn journal(
    State(app): State<App>,
    OfAttempt(leased): OfAttempt,
    Query(query): Query<After>,
) -> Answer {
    let after = query.after.max(0);
    let events = app.store().journal(&leased.run.id, after, JOURNAL).await?;
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let is_full = events.len() >= JOURNAL as usize;
    let entry = |mut event: crate::domain::RunEvent| {
        let entry = event
            .payload
            .get_mut("payload")
            .map(serde_json::Value::take);
        entry.unwrap_or_default()
    };
    respond::ok(&JournalPage {
        entries: events.into_iter().map(entry).collect(),
        next: is_full.then(|| after.saturating_add(count)),
    })
}

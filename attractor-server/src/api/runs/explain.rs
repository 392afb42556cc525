use attractor_core::{Hop, Run as EngineRun};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::journal;
use crate::api::error::ErrorBody;
use crate::api::extract::OfRun;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, Run, RunId, RunStatus};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explanation {
    run_id: RunId,
    status: RunStatus,
    /// For each hop which edge was taken, by which rule, and why not the others; as
    /// `attractor explain --json` prints them.
    #[schema(value_type = Vec<serde_json::Value>)]
    hops: Vec<Hop>,
}

/// Says for each hop of a run which edge was taken, by which rule, and why not the others.
#[utoipa::path(get, path = "/api/runs/{runId}/explain", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 200, body = Explanation),
        (status = 404, body = ErrorBody),
        (status = 409, description = "The pipeline lies in the repository, and no runner has read it yet", body = ErrorBody),
    ),
)]
pub(crate) async fn explain(State(app): State<App>, OfRun(run): OfRun) -> Answer {
    let hops = hops(&app, &run).await?;
    respond::ok(&Explanation {
        run_id: run.id,
        status: run.status,
        hops,
    })
}

/// The hops of a run, each with why it was made.
pub(crate) async fn hops(app: &App, run: &Run) -> Result<Vec<Hop>, Error> {
    let graph = journal::graph(app, run).await?;
    let entries = journal::entries(app, run).await?;
    let explained = tokio::task::spawn_blocking(move || EngineRun::new(graph).explain(&entries));
    explained
        .await
        .map_err(|error| Error::internal("an explanation broke off").caused_by(error))?
        .map_err(|error| {
            let message =
                format!("the run's journal isn't of the pipeline that is kept here: {error}");
            Error::conflict("journal_mismatch", message)
        })
}

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::ErrorBody;
use crate::api::extract::{OfRun, PageQuery, Path, Query};
use crate::api::list::whole;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Artifact, ArtifactId, SpecBundle};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Artifacts {
    /// Oldest first.
    artifacts: Vec<Artifact>,
    /// The bundle that the run has written.
    spec_bundle: Option<SpecBundle>,
    next_cursor: Option<String>,
}

/// The artifacts of a run.
#[utoipa::path(get, path = "/api/runs/{runId}/artifacts", tag = "artifacts",
    params(("runId" = String, Path), PageQuery),
    responses((status = 200, body = Artifacts), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    OfRun(run): OfRun,
    Query(query): Query<PageQuery>,
) -> Answer {
    let (app, id) = (&app, &run.id);
    let read = |page| async move { app.store().artifacts(id, &page).await };
    let page = whole(&query, read).await?;
    let spec_bundle = app.store().bundle_of(id).await?;
    respond::ok(&Artifacts {
        artifacts: page.items,
        spec_bundle,
        next_cursor: page.next,
    })
}

/// What is known about an artifact.
#[utoipa::path(get, path = "/api/runs/{runId}/artifacts/{artifactId}", tag = "artifacts",
    params(("runId" = String, Path), ("artifactId" = String, Path)),
    responses((status = 200, body = Artifact), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    OfRun(run): OfRun,
    Path((_, id)): Path<(String, ArtifactId)>,
) -> Answer {
    respond::ok(&app.store().artifact(&run.id, &id).await?)
}

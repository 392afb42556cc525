use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;

use super::journal;
use crate::api::attractors::PICTURE_POLICY;
use crate::api::error::ErrorBody;
use crate::api::extract::OfRun;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, RunStatus};
use crate::picture::{self, Overlay};

/// A picture of the run's pipeline, with the state of each node.
#[utoipa::path(get, path = "/api/runs/{runId}/graph", tag = "runs",
    params(("runId" = String, Path)),
    responses(
        (status = 200, content_type = "image/svg+xml", body = String),
        (status = 404, body = ErrorBody),
        (status = 409, description = "The pipeline lies in the repository, and no runner has read it yet", body = ErrorBody),
    ),
)]
pub(crate) async fn graph(State(app): State<App>, OfRun(run): OfRun) -> Answer {
    let graph = journal::graph(&app, &run).await?;
    let entries = journal::entries(&app, &run).await?;
    let runs = run.status == RunStatus::Running;
    let drawn = tokio::task::spawn_blocking(move || {
        picture::svg_of_run(&graph, &Overlay::of(&entries, runs))
    });
    let drawn = drawn
        .await
        .map_err(|error| Error::internal("a picture broke off").caused_by(error))?
        .map_err(|error| Error::conflict("not_drawable", error.to_string()))?;
    let mut response = respond::document(StatusCode::OK, "image/svg+xml", drawn);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, PICTURE_POLICY);
    Ok(response)
}

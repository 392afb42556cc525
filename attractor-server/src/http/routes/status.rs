use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::respond;
use crate::http::{Error, PipelineService};

/// `GET /pipelines/{id}`: status and progress.
pub(super) async fn status(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let status = service.status(&id.parse()?).await?;
    respond::json(StatusCode::OK, &status)
}

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::respond;
use crate::http::{Error, PipelineId, PipelineService};

/// `POST /pipelines/{id}/resume`: goes on with one that was interrupted or has failed.
pub(super) async fn resume(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    service.resume(&id).await?;
    respond::json(StatusCode::ACCEPTED, &service.status(&id).await?)
}

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::respond;
use crate::http::{Error, PipelineId, PipelineService};

/// `POST /pipelines/{id}/cancel`: stops it within a second; it can be resumed.
pub(super) async fn cancel(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    service.cancel(&id)?;
    respond::json(StatusCode::ACCEPTED, &service.status(&id).await?)
}

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::respond;
use crate::http::view::View;
use crate::http::{Error, PipelineService};

/// `GET /pipelines/{id}/checkpoint`: a snapshot of its state as of its last event.
pub(super) async fn checkpoint(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let checkpoint = service.view(&id.parse()?, View::checkpoint).await?;
    respond::json(StatusCode::OK, &checkpoint)
}

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::respond;
use crate::http::{Error, PipelineService};

/// `GET /pipelines/{id}/context`: its context's keys and values.
pub(super) async fn context(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let look = |view: &crate::http::view::View| view.run.context().snapshot();
    let context = service.view(&id.parse()?, look).await?;
    respond::json(StatusCode::OK, &context)
}

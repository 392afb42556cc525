use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::respond;
use crate::http::{Error, PipelineService};

/// `GET /pipelines/{id}/questions`: the questions that wait for an answer.
pub(super) async fn questions(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let questions = service.questions(&id.parse()?)?;
    respond::json(StatusCode::OK, &json!({ "questions": questions }))
}

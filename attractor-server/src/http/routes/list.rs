use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::respond;
use crate::http::limits::{MAX_PAGE, PAGE};
use crate::http::{Error, ErrorKind, PipelineId, PipelineService, PipelineSummary};

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    before: Option<String>,
}

#[derive(Debug, Serialize)]
struct Pipelines {
    pipelines: Vec<PipelineSummary>,
    /// What to give as `before` for the next page.
    next: Option<PipelineId>,
}

/// `GET /pipelines?limit=N&before=ID`: all pipelines, newest first.
pub(super) async fn list(
    State(service): State<PipelineService>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(page) = page.map_err(|error| malformed(&error))?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let before = page.before.map(|id| id.parse()).transpose()?;
    let (pipelines, next) = service.list(before.as_ref(), limit).await?;
    respond::json(StatusCode::OK, &Pipelines { pipelines, next })
}

pub(super) fn malformed(error: &QueryRejection) -> Error {
    Error::new(ErrorKind::InvalidRequest, error.body_text())
}

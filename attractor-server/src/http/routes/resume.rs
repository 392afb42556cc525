use attractor_core::BudgetLimits;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{body, respond};
use crate::http::limits::ANSWER_BYTES;
use crate::http::{Error, PipelineId, PipelineService};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// Limits of the run from now on.
    #[serde(default)]
    limits: BudgetLimits,
}

/// `POST /pipelines/{id}/resume`: goes on with one that was interrupted or paused or has failed.
/// A body is needed for other limits only.
pub(super) async fn resume(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    let changes: Changes = body::optional_json(request, ANSWER_BYTES).await?;
    service.resume(&id, changes.limits).await?;
    respond::json(StatusCode::ACCEPTED, &service.status(&id).await?)
}

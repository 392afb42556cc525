use attractor_core::NodeId;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{body, respond};
use crate::http::limits::ANSWER_BYTES;
use crate::http::{Error, PipelineId, PipelineService};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Steering {
    /// What to tell the models.
    message: String,
    /// The node they work on; without it, all that work.
    #[serde(default)]
    node: Option<NodeId>,
}

/// `POST /pipelines/{id}/steer`: a message to the models that work.
pub(super) async fn steer(
    State(service): State<PipelineService>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let id: PipelineId = id.parse()?;
    let Steering { message, node } = body::json(request, ANSWER_BYTES).await?;
    service.steer(&id, node.as_ref(), &message)?;
    respond::json(StatusCode::ACCEPTED, &json!({ "id": id, "sent": true }))
}

use serde::Deserialize;
use utoipa::ToSchema;

use super::content::{Validation, check};
use crate::api::extract::Json;
use crate::api::respond::{self, Answer};
use crate::domain::Error;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AttractorText)]
pub(crate) struct Text {
    /// The DOT text.
    pub(super) content: String,
}

/// Says what is wrong with a pipeline's text, where, and how to fix it.
#[utoipa::path(post, path = "/api/attractors/validate", tag = "attractors", request_body = Text,
    responses((status = 200, body = Validation)),
)]
pub(crate) async fn validate(Json(body): Json<Text>) -> Answer {
    let checked = tokio::task::spawn_blocking(move || check(&body.content)).await;
    let checked = checked.map_err(|error| Error::internal("a check broke off").caused_by(error))?;
    respond::ok(&checked?.validation)
}

//! Specification bundles.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{InProject, PageQuery, Query};
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::SpecBundle;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundles {
    /// Newest first.
    bundles: Vec<SpecBundle>,
    next_cursor: Option<String>,
}

/// What planning runs of the project have written for implementation runs to work from.
#[utoipa::path(get, path = "/api/projects/{projectId}/bundles", tag = "artifacts",
    params(("projectId" = String, Path), PageQuery),
    responses((status = 200, body = Bundles)),
)]
pub(super) async fn list(
    State(app): State<App>,
    InProject(project): InProject,
    Query(query): Query<PageQuery>,
) -> Answer {
    let page = app.store().bundles(&project, &query.request()?).await?;
    respond::ok(&Bundles {
        bundles: page.items,
        next_cursor: page.next,
    })
}

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::content::{Validation, check};
use crate::api::error::ErrorBody;
use crate::api::extract::{PageQuery, Path, Query, invalid_field};
use crate::api::list::whole;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{AttractorId, AttractorVersion, ProjectId};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Versions {
    /// Highest first.
    versions: Vec<AttractorVersion>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionDetail {
    version: AttractorVersion,
    /// The DOT text, as its author wrote it.
    content: String,
    validation: Validation,
}

/// The versions of an attractor's text.
#[utoipa::path(get, path = "/api/projects/{projectId}/attractors/{attractorId}/versions",
    tag = "attractors",
    params(("projectId" = String, Path), ("attractorId" = String, Path), PageQuery),
    responses((status = 200, body = Versions), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn versions(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    Query(query): Query<PageQuery>,
) -> Answer {
    app.store().attractor(&project, &id).await?;
    let (app, id) = (&app, &id);
    let read = |page| async move { app.store().attractor_versions(id, &page).await };
    let page = whole(&query, read).await?;
    respond::ok(&Versions {
        versions: page.items,
        next_cursor: page.next,
    })
}

/// One version of an attractor's text.
#[utoipa::path(get, path = "/api/projects/{projectId}/attractors/{attractorId}/versions/{version}",
    tag = "attractors",
    params(("projectId" = String, Path), ("attractorId" = String, Path), ("version" = i64, Path, minimum = 1)),
    responses((status = 200, body = VersionDetail), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn version(
    State(app): State<App>,
    Path((project, id, version)): Path<(ProjectId, AttractorId, String)>,
) -> Answer {
    let number: i64 = version
        .parse()
        .ok()
        .filter(|it| *it > 0)
        .ok_or_else(|| invalid_field("version", "it must be a positive integer"))?;
    app.store().attractor(&project, &id).await?;
    let (version, content) = app.store().attractor_version(&id, number).await?;
    let validation = check(&content)?.validation;
    respond::ok(&VersionDetail {
        version,
        content,
        validation,
    })
}

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::content::{Validation, check};
use crate::api::error::ErrorBody;
use crate::api::extract::{InProject, PageQuery, Path, Query};
use crate::api::list::whole;
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{AttractorDef, AttractorId, Error, ProjectId};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attractors {
    /// Newest first.
    attractors: Vec<AttractorDef>,
    next_cursor: Option<String>,
}

/// An attractor with the text that it has now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttractorDetail {
    attractor: AttractorDef,
    /// The DOT text; none if it lies in the repository.
    content: Option<String>,
    /// What was found in it.
    validation: Option<Validation>,
}

/// The attractors of a project.
#[utoipa::path(get, path = "/api/projects/{projectId}/attractors", tag = "attractors",
    params(("projectId" = String, Path), PageQuery),
    responses((status = 200, body = Attractors)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    InProject(id): InProject,
    Query(query): Query<PageQuery>,
) -> Answer {
    let (app, id) = (&app, &id);
    let read = |page| async move { app.store().attractors(id, &page).await };
    let page = whole(&query, read).await?;
    respond::ok(&Attractors {
        attractors: page.items,
        next_cursor: page.next,
    })
}

/// One attractor with its text.
#[utoipa::path(get, path = "/api/projects/{projectId}/attractors/{attractorId}", tag = "attractors",
    params(("projectId" = String, Path), ("attractorId" = String, Path)),
    responses((status = 200, body = AttractorDetail), (status = 404, body = ErrorBody)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
) -> Answer {
    let attractor = app.store().attractor(&project, &id).await?;
    respond::ok(&detail(&app, attractor).await?)
}

/// An attractor with the text that it has now.
pub(super) async fn detail(app: &App, attractor: AttractorDef) -> Result<AttractorDetail, Error> {
    if attractor.content_version == 0 {
        return Ok(AttractorDetail {
            attractor,
            content: None,
            validation: None,
        });
    }
    let version = attractor.content_version;
    let (_, content) = app
        .store()
        .attractor_version(&attractor.id, version)
        .await?;
    let validation = check(&content)?.validation;
    Ok(AttractorDetail {
        attractor,
        content: Some(content),
        validation: Some(validation),
    })
}

use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::content::{check, to_keep};
use super::read::{AttractorDetail, detail};
use crate::api::check as fields;
use crate::api::error::ErrorBody;
use crate::api::extract::{Caller, InProject, Json, Path, invalid_field};
use crate::api::respond::{self, Answer};
use crate::app::App;
use crate::domain::{
    AttractorDef, AttractorId, Error, ModelConfig, NewAttractor, Principal, ProjectId, RepoPath,
    RunType,
};
use crate::picture;

/// The picture styles itself and does nothing else.
pub(crate) const PICTURE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewAttractor)]
pub(crate) struct NewAttractorBody {
    #[schema(min_length = 1, max_length = 120, example = "self-factory")]
    name: String,
    /// The DOT file's path in the repository; what a run reads if there is no `content`.
    repo_path: RepoPath,
    default_run_type: RunType,
    #[serde(default)]
    #[schema(max_length = 10000)]
    description: Option<String>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    active: bool,
    /// The model of runs that name none.
    #[serde(default)]
    model_config: Option<ModelConfig>,
    /// The DOT text: the first version.
    #[serde(default)]
    content: Option<String>,
}

fn yes() -> bool {
    true
}

/// What is to be different; what is absent stays, and `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttractorChange)]
pub(crate) struct AttractorChangeBody {
    #[serde(default)]
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[serde(default)]
    repo_path: Option<RepoPath>,
    #[serde(default)]
    default_run_type: Option<RunType>,
    #[serde(default, deserialize_with = "fields::present")]
    #[schema(value_type = Option<String>, max_length = 10000)]
    description: Option<Option<String>>,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default, deserialize_with = "fields::present")]
    #[schema(value_type = Option<ModelConfig>)]
    model_config: Option<Option<ModelConfig>>,
    /// The DOT text: a new version, unless the newest has the same.
    #[serde(default)]
    content: Option<String>,
    /// What there is to say about that version.
    #[serde(default)]
    #[schema(max_length = 200)]
    message: Option<String>,
    /// The newest version that the author knows of: 409 if there is a newer one.
    #[serde(default)]
    expected_content_version: Option<i64>,
}

/// Whether the fields may be so, however they came about.
fn checked(new: NewAttractor) -> Result<NewAttractor, Error> {
    fields::name("name", &new.name)?;
    if let Some(text) = &new.description {
        fields::prose("description", text)?;
    }
    if let Some(model) = &new.model_config {
        model.check()?;
    }
    Ok(new)
}

/// Creates an attractor, with a first version of its text if there is one.
#[utoipa::path(post, path = "/api/projects/{projectId}/attractors", tag = "attractors",
    params(("projectId" = String, Path)),
    request_body = NewAttractorBody,
    responses(
        (status = 201, body = AttractorDef),
        (status = 404, body = ErrorBody),
        (status = 409, description = "Another one of the project has the name", body = ErrorBody),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    InProject(project): InProject,
    Json(body): Json<NewAttractorBody>,
) -> Answer {
    let attractor = create_attractor(&app, &who, &project, body).await?;
    let place = format!("/api/projects/{project}/attractors/{}", attractor.id);
    respond::created(&attractor, Some(place))
}

/// Creates an attractor.
pub(crate) async fn create_attractor(
    app: &App,
    who: &Principal,
    project: &ProjectId,
    body: NewAttractorBody,
) -> Result<AttractorDef, Error> {
    let new = checked(NewAttractor {
        project_id: project.clone(),
        name: body.name,
        repo_path: body.repo_path,
        default_run_type: body.default_run_type,
        description: body.description,
        active: body.active,
        model_config: body.model_config,
    })?;
    let content = body
        .content
        .map(|text| to_keep(text, &who.name, None, None));
    let attractor = app
        .store()
        .create_attractor(new, content.transpose()?)
        .await?;
    let details = json!({ "name": attractor.name });
    app.audit(
        who,
        "attractor.create",
        Some(project),
        attractor.id.as_str(),
        details,
    )
    .await;
    Ok(attractor)
}

/// Changes an attractor; another text becomes its next version.
#[utoipa::path(patch, path = "/api/projects/{projectId}/attractors/{attractorId}", tag = "attractors",
    params(("projectId" = String, Path), ("attractorId" = String, Path)),
    request_body = AttractorChangeBody,
    responses(
        (status = 200, body = AttractorDetail),
        (status = 404, body = ErrorBody),
        (status = 409, description = "There is a newer version, or another has the name", body = ErrorBody),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    Caller(who): Caller,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    Json(body): Json<AttractorChangeBody>,
) -> Answer {
    let changed = change_attractor(&app, &who, &project, &id, body).await?;
    respond::ok(&detail(&app, changed).await?)
}

/// Changes an attractor.
pub(crate) async fn change_attractor(
    app: &App,
    who: &Principal,
    project: &ProjectId,
    id: &AttractorId,
    body: AttractorChangeBody,
) -> Result<AttractorDef, Error> {
    let old = app.store().attractor(project, id).await?;
    let expected = body.expected_content_version;
    if expected.is_some_and(|it| it < 0) {
        return Err(invalid_field(
            "expectedContentVersion",
            "it can't be negative",
        ));
    }
    let new = checked(NewAttractor {
        project_id: project.clone(),
        name: body.name.unwrap_or(old.name),
        repo_path: body.repo_path.unwrap_or(old.repo_path),
        default_run_type: body.default_run_type.unwrap_or(old.default_run_type),
        description: body.description.unwrap_or(old.description),
        active: body.active.unwrap_or(old.active),
        model_config: body.model_config.unwrap_or(old.model_config),
    })?;
    let content = body
        .content
        .map(|text| to_keep(text, &who.name, body.message, expected));
    let changed = app
        .store()
        .change_attractor(id, new, content.transpose()?)
        .await?;
    let details = json!({ "name": changed.name, "version": changed.content_version });
    app.audit(who, "attractor.change", Some(project), id.as_str(), details)
        .await;
    Ok(changed)
}

/// Deletes an attractor that has no runs.
#[utoipa::path(delete, path = "/api/projects/{projectId}/attractors/{attractorId}", tag = "attractors",
    params(("projectId" = String, Path), ("attractorId" = String, Path)),
    responses(
        (status = 204),
        (status = 404, body = ErrorBody),
        (status = 409, description = "It has runs: make it inactive instead", body = ErrorBody),
    ),
)]
pub(crate) async fn delete(
    State(app): State<App>,
    Caller(who): Caller,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
) -> Answer {
    delete_attractor(&app, &who, &project, &id).await?;
    respond::nothing()
}

/// Deletes an attractor.
pub(crate) async fn delete_attractor(
    app: &App,
    who: &Principal,
    project: &ProjectId,
    id: &AttractorId,
) -> Result<(), Error> {
    let attractor = app.store().attractor(project, id).await?;
    app.store().delete_attractor(project, id).await?;
    let details = json!({ "name": attractor.name });
    app.audit(who, "attractor.delete", Some(project), id.as_str(), details)
        .await;
    Ok(())
}

/// A picture of an attractor's pipeline.
#[utoipa::path(get, path = "/api/projects/{projectId}/attractors/{attractorId}/graph",
    tag = "attractors",
    params(("projectId" = String, Path), ("attractorId" = String, Path)),
    responses(
        (status = 200, content_type = "image/svg+xml", body = String),
        (status = 404, body = ErrorBody),
        (status = 409, description = "No text is kept here, or it can't be drawn", body = ErrorBody),
    ),
)]
pub(crate) async fn graph(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
) -> Answer {
    let attractor = app.store().attractor(&project, &id).await?;
    if attractor.content_version == 0 {
        let message = "the attractor's text lies in the repository, not here";
        return Err(Error::conflict("no_content", message).into());
    }
    let version = attractor.content_version;
    let (_, content) = app.store().attractor_version(&id, version).await?;
    let drawn = tokio::task::spawn_blocking(move || draw(&content)).await;
    let drawn =
        drawn.map_err(|error| Error::internal("a picture broke off").caused_by(error))??;
    let mut response = respond::document(StatusCode::OK, "image/svg+xml", drawn);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, PICTURE_POLICY);
    Ok(response)
}

fn draw(content: &str) -> Result<String, Error> {
    let not_drawable = |why: String| Error::conflict("not_drawable", why);
    let pipeline = check(content)?.pipeline;
    let pipeline = pipeline.ok_or_else(|| not_drawable("the pipeline has errors".to_owned()))?;
    picture::svg(pipeline.graph()).map_err(|error| not_drawable(error.to_string()))
}

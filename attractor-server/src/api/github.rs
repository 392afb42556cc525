//! The GitHub App: installed for a project, and what the installation may reach.

use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::check;
use super::error::{ErrorBody, Refusal};
use super::extract::{Caller, InProject, Query, invalid_field};
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, Principal, Project, ProjectChange, ProjectId, Role};
use crate::forge::ForgeRepository;
use crate::web;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Repositories {
    /// By name.
    repos: Vec<ForgeRepository>,
}

/// The repositories that the project's installation of the GitHub App may reach.
#[utoipa::path(get, path = "/api/projects/{projectId}/github/repos", tag = "projects",
    params(("projectId" = String, Path)),
    responses(
        (status = 200, body = Repositories),
        (status = 404, description = "There is no such project, or it has no installation", body = ErrorBody),
        (status = 409, description = "The server has no App", body = ErrorBody),
        (status = 502, description = "GitHub says no", body = ErrorBody),
    ),
)]
pub(super) async fn repositories(State(app): State<App>, InProject(id): InProject) -> Answer {
    let project = app.store().project(&id).await?;
    let repos = repositories_of(&app, &project).await?;
    respond::ok(&Repositories { repos })
}

/// The repositories that the project's installation may reach.
pub(crate) async fn repositories_of(
    app: &App,
    project: &Project,
) -> Result<Vec<ForgeRepository>, Error> {
    let secrets = app.secrets().forge_environment(&project.id).await?;
    app.forge().repositories(project, &secrets).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Start {
    /// The project that the installation is for.
    #[serde(default)]
    #[param(value_type = String, required = true)]
    project_id: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Started {
    /// Where the App is installed.
    installation_url: String,
}

/// Where a person installs the App for a project. The address is good for half an hour, for one use and
/// for who has asked for it.
#[utoipa::path(get, path = "/api/github/app/start", tag = "projects", params(Start), responses(
    (status = 200, body = Started),
    (status = 404, body = ErrorBody),
    (status = 409, description = "The server has no App", body = ErrorBody),
))]
pub(super) async fn start(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<Start>,
) -> Answer {
    let slug = slug(&app)?;
    let project = query.project_id.filter(|it| !it.is_empty());
    let project =
        project.ok_or_else(|| Refusal::from(invalid_field("projectId", "it is required")))?;
    let project: ProjectId = project.parse()?;
    who.may(Role::Admin, Some(&project))?;
    let installation_url = installation_url(&app, &who, &slug, &project).await?;
    respond::ok(&Started { installation_url })
}

/// What the server's App is called in addresses.
pub(crate) fn slug(app: &App) -> Result<String, Error> {
    app.config().github_app_slug.clone().ok_or_else(|| {
        let message = "the server has no GitHub App: start it with --github-app-slug";
        Error::conflict("no_github_app", message)
    })
}

/// Where a person installs the App for a project.
pub(crate) async fn installation_url(
    app: &App,
    who: &Principal,
    slug: &str,
    project: &ProjectId,
) -> Result<String, Error> {
    app.store().project(project).await?;
    let session = who.token_id.as_str().as_bytes();
    let state = app.callbacks().issue(project, session, app.now())?;
    let github = app.config().github_web_url.trim_end_matches('/');
    Ok(format!(
        "{github}/apps/{slug}/installations/new?state={state}"
    ))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Callback {
    #[serde(default)]
    #[param(value_type = String, required = true)]
    installation_id: Option<String>,
    /// What the address had that the person was sent to.
    #[serde(default)]
    #[param(value_type = String, required = true)]
    state: Option<String>,
    /// `request`, if an owner of the account has to agree first.
    #[serde(default)]
    setup_action: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Linked {
    project_id: ProjectId,
    installation_id: String,
    linked: bool,
}

/// Where GitHub sends the person back to: links the installation with the project. A browser, which asks
/// for HTML, is led to the project's settings.
#[utoipa::path(get, path = "/api/github/app/callback", tag = "projects", params(Callback), responses(
    (status = 200, body = Linked),
    (status = 303, description = "The same, for a browser"),
))]
pub(super) async fn callback(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<Callback>,
    headers: HeaderMap,
) -> Answer {
    let linked = link(&app, &who, query).await?;
    match web::wants_html(&headers) {
        true => web::go_to(&format!(
            "/projects/{}/settings?done=installed#github",
            linked.project_id
        )),
        false => respond::ok(&linked),
    }
}

async fn link(app: &App, who: &Principal, query: Callback) -> Result<Linked, Error> {
    let given = |value: Option<String>, field: &str| {
        let value = value.filter(|it| !it.is_empty());
        value.ok_or_else(|| invalid_field(field, "it is required"))
    };
    if query.installation_id.is_none() && query.setup_action.as_deref() == Some("request") {
        let message = "GitHub has asked an owner of the account to install the App: \
            begin again as soon as they have agreed";
        return Err(Error::invalid("installation_requested", message));
    }
    let installation_id = given(query.installation_id, "installation_id")?;
    let state = given(query.state, "state")?;
    if installation_id.len() > 20 || !installation_id.bytes().all(|it| it.is_ascii_digit()) {
        return Err(invalid_field("installation_id", "it must be a number"));
    }
    check::name("installation_id", &installation_id)?;
    let session = who.token_id.as_str().as_bytes();
    let store = app.store();
    let project_id = app
        .callbacks()
        .take(&state, session, app.now(), store)
        .await?;
    who.may(Role::Admin, Some(&project_id))?;
    let change = ProjectChange {
        github_installation_id: Some(Some(installation_id.clone())),
        ..ProjectChange::default()
    };
    store.change_project(&project_id, change).await?;
    let details = json!({ "installationId": installation_id });
    app.audit(
        who,
        "project.install",
        Some(&project_id),
        project_id.as_str(),
        details,
    )
    .await;
    Ok(Linked {
        project_id,
        installation_id,
        linked: true,
    })
}

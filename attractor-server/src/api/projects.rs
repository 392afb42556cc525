//! Projects.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::check;
use super::error::ErrorBody;
use super::extract::{Caller, InProject, Json, PageQuery, Path, Query, invalid_field};
use super::list::whole;
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::{
    BranchName, Error, Namespace, NewProject, PageRequest, Principal, Project, ProjectChange,
    ProjectId, RunId,
};
use crate::store::RunFilter;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewProject)]
pub(crate) struct NewProjectBody {
    #[schema(min_length = 2, max_length = 80, example = "Attractor Self")]
    name: String,
    /// Where its secrets and runs live; `factory-proj-` and the name in lower case, if none.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 63)]
    namespace: Option<Namespace>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Projects {
    /// Newest first.
    projects: Vec<Project>,
    next_cursor: Option<String>,
}

/// What is to be different; what is absent stays, and `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProjectChange)]
pub(crate) struct ProjectChangeBody {
    #[serde(default)]
    #[schema(min_length = 2, max_length = 80)]
    name: Option<String>,
    #[serde(default, deserialize_with = "check::present")]
    #[schema(value_type = Option<String>)]
    github_installation_id: Option<Option<String>>,
    /// `owner/name` on GitHub, an https or ssh address, or a path on the server's machine.
    #[serde(default, deserialize_with = "check::present")]
    #[schema(value_type = Option<String>)]
    repository: Option<Option<String>>,
    #[serde(default, deserialize_with = "check::present")]
    #[schema(value_type = Option<String>)]
    default_branch: Option<Option<BranchName>>,
    /// How many of its runs may be executed at a time.
    #[serde(default, deserialize_with = "check::present")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    concurrency_limit: Option<Option<u32>>,
}

impl ProjectChangeBody {
    /// What is to change, if it may be so.
    pub(crate) async fn check(self, app: &App) -> Result<ProjectChange, Error> {
        if let Some(name) = &self.name {
            check::project_name("name", name)?;
        }
        if let Some(Some(id)) = &self.github_installation_id {
            check::name("githubInstallationId", id)?;
        }
        if let Some(Some(limit)) = self.concurrency_limit
            && !(1..=1000).contains(&limit)
        {
            return Err(invalid_field(
                "concurrencyLimit",
                "it must be from 1 to 1000",
            ));
        }
        let repository = match self.repository {
            Some(Some(text)) => Some(Some(check::repository(app, "repository", &text).await?)),
            Some(None) => Some(None),
            None => None,
        };
        Ok(ProjectChange {
            name: self.name,
            github_installation_id: self.github_installation_id,
            repository,
            default_branch: self.default_branch,
            concurrency_limit: self.concurrency_limit,
        })
    }
}

/// All projects that the caller may see.
#[utoipa::path(get, path = "/api/projects", tag = "projects", params(PageQuery), responses(
    (status = 200, body = Projects),
))]
pub(super) async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<PageQuery>,
) -> Answer {
    let only = who.project_id.as_ref();
    let app = &app;
    let page = whole(&query, |page| async move {
        app.store().projects(only, &page).await
    });
    let page = page.await?;
    respond::ok(&Projects {
        projects: page.items,
        next_cursor: page.next,
    })
}

/// Creates a project.
#[utoipa::path(post, path = "/api/projects", tag = "projects", request_body = NewProjectBody, responses(
    (status = 201, body = Project),
    (status = 409, description = "Another project has the namespace", body = ErrorBody),
))]
pub(super) async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    Json(body): Json<NewProjectBody>,
) -> Answer {
    let project = create_project(&app, &who, body).await?;
    let place = format!("/api/projects/{}", project.id);
    respond::created(&project, Some(place))
}

/// Creates a project.
pub(crate) async fn create_project(
    app: &App,
    who: &Principal,
    body: NewProjectBody,
) -> Result<Project, Error> {
    check::project_name("name", &body.name)?;
    let namespace = body.namespace;
    let new = NewProject {
        namespace: namespace.unwrap_or_else(|| Namespace::of_project(&body.name)),
        name: body.name,
    };
    let project = app.store().create_project(new).await?;
    record(app, who, "project.create", &project).await;
    Ok(project)
}

/// One project.
#[utoipa::path(get, path = "/api/projects/{projectId}", tag = "projects",
    params(("projectId" = String, Path)),
    responses((status = 200, body = Project), (status = 404, body = ErrorBody)),
)]
pub(super) async fn read(State(app): State<App>, InProject(id): InProject) -> Answer {
    respond::ok(&app.store().project(&id).await?)
}

/// Changes a project.
#[utoipa::path(patch, path = "/api/projects/{projectId}", tag = "projects",
    params(("projectId" = String, Path)),
    request_body = ProjectChangeBody,
    responses((status = 200, body = Project), (status = 404, body = ErrorBody)),
)]
pub(super) async fn change(
    State(app): State<App>,
    Caller(who): Caller,
    InProject(id): InProject,
    Json(body): Json<ProjectChangeBody>,
) -> Answer {
    respond::ok(&change_project(&app, &who, &id, body).await?)
}

/// Changes a project.
pub(crate) async fn change_project(
    app: &App,
    who: &Principal,
    id: &ProjectId,
    body: ProjectChangeBody,
) -> Result<Project, Error> {
    let change = body.check(app).await?;
    let project = app.store().change_project(id, change).await?;
    record(app, who, "project.change", &project).await;
    Ok(project)
}

/// Deletes a project with its secrets, attractors, runs and artifacts.
#[utoipa::path(delete, path = "/api/projects/{projectId}", tag = "projects",
    params(("projectId" = String, Path)),
    responses(
        (status = 204),
        (status = 404, body = ErrorBody),
        (status = 409, description = "A run of it isn't over", body = ErrorBody),
    ),
)]
pub(super) async fn delete(
    State(app): State<App>,
    Caller(who): Caller,
    Path(id): Path<ProjectId>,
) -> Answer {
    delete_project(&app, &who, &id).await?;
    respond::nothing()
}

/// Deletes a project with all that belongs to it.
pub(crate) async fn delete_project(
    app: &App,
    who: &Principal,
    id: &ProjectId,
) -> Result<(), Error> {
    let project = app.store().project(id).await?;
    let runs = runs(app, id).await?;
    app.store().delete_project(id).await?;
    record(app, who, "project.delete", &project).await;
    for run in &runs {
        app.clean_up(run).await;
    }
    app.remove_objects(&format!("{id}/")).await;
    Ok(())
}

/// All runs of a project: what they have left on disk is asked for by their ids.
async fn runs(app: &App, project: &ProjectId) -> Result<Vec<RunId>, Error> {
    let filter = RunFilter {
        project: Some(project.clone()),
        ..RunFilter::default()
    };
    let mut ids = Vec::new();
    let mut cursor = None;
    loop {
        let request = PageRequest::new(Some(500), cursor.as_deref())?;
        let page = app.store().runs(&filter, &request).await?;
        ids.extend(page.items.into_iter().map(|run| run.id));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(ids);
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectGithub {
    #[schema(min_length = 1)]
    installation_id: String,
    #[schema(min_length = 3, example = "strongdm/attractor")]
    repo_full_name: String,
    #[schema(value_type = String, min_length = 1)]
    default_branch: BranchName,
}

/// Says which repository on GitHub a project is about.
#[utoipa::path(post, path = "/api/projects/{projectId}/repo/connect/github", tag = "projects",
    params(("projectId" = String, Path)),
    request_body = ConnectGithub,
    responses((status = 200, body = Project), (status = 404, body = ErrorBody)),
)]
pub(super) async fn connect_github(
    State(app): State<App>,
    Caller(who): Caller,
    InProject(id): InProject,
    Json(body): Json<ConnectGithub>,
) -> Answer {
    respond::ok(&connect_repository(&app, &who, &id, body).await?)
}

/// Says which repository on GitHub a project is about.
pub(crate) async fn connect_repository(
    app: &App,
    who: &Principal,
    id: &ProjectId,
    body: ConnectGithub,
) -> Result<Project, Error> {
    check::name("installationId", &body.installation_id)?;
    let repository = check::repository(app, "repoFullName", &body.repo_full_name).await?;
    if repository.full_name().is_none() {
        return Err(invalid_field("repoFullName", "it must be `owner/name`"));
    }
    let change = ProjectChange {
        github_installation_id: Some(Some(body.installation_id)),
        repository: Some(Some(repository)),
        default_branch: Some(Some(body.default_branch)),
        ..ProjectChange::default()
    };
    let project = app.store().change_project(id, change).await?;
    record(app, who, "project.connect", &project).await;
    Ok(project)
}

async fn record(app: &App, who: &Principal, action: &str, project: &Project) {
    let details = json!({ "name": project.name, "repository": project.repository });
    let id = &project.id;
    app.audit(who, action, Some(id), id.as_str(), details).await;
}

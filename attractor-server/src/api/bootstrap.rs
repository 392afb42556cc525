//! The project that builds the factory itself.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::check;
use super::extract::{Caller, Json};
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::{
    AttractorDef, BranchName, Namespace, NewAttractor, NewProject, Project, ProjectChange,
    RepoPath, RunType,
};

/// Where the pipeline lies.
const PATH: &str = "factory/self-bootstrap.dot";

const DESCRIPTION: &str = "Plans and implements changes of the factory itself";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BootstrapSelf)]
pub(super) struct Body {
    #[serde(default = "name")]
    #[schema(default = "attractor-self", min_length = 2, max_length = 80)]
    name: String,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 63)]
    namespace: Option<Namespace>,
    /// `owner/name` on GitHub; on this machine also a path.
    #[schema(min_length = 3, example = "strongdm/attractor")]
    repo_full_name: String,
    #[serde(default = "branch")]
    #[schema(default = "main")]
    default_branch: String,
    /// Stays as it is, if none.
    #[serde(default)]
    installation_id: Option<String>,
    #[serde(default = "attractor_name")]
    #[schema(default = "self-factory")]
    attractor_name: String,
    #[serde(default)]
    #[schema(value_type = String, default = "factory/self-bootstrap.dot")]
    attractor_path: Option<RepoPath>,
}

fn name() -> String {
    "attractor-self".to_owned()
}

fn branch() -> String {
    "main".to_owned()
}

fn attractor_name() -> String {
    "self-factory".to_owned()
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bootstrapped {
    project: Project,
    attractor: AttractorDef,
}

/// Makes the project that builds the factory itself, or brings it up to date; creates no run.
#[utoipa::path(post, path = "/api/bootstrap/self", tag = "projects", request_body = Body, responses(
    (status = 201, body = Bootstrapped),
))]
pub(super) async fn bootstrap(
    State(app): State<App>,
    Caller(who): Caller,
    Json(body): Json<Body>,
) -> Answer {
    check::project_name("name", &body.name)?;
    check::name("attractorName", &body.attractor_name)?;
    if let Some(id) = &body.installation_id {
        check::name("installationId", id)?;
    }
    let default_branch: BranchName = check::branch("defaultBranch", &body.default_branch)?;
    let repository = check::repository(&app, "repoFullName", &body.repo_full_name).await?;
    let new = NewProject {
        namespace: body
            .namespace
            .unwrap_or_else(|| Namespace::of_project(&body.name)),
        name: body.name.clone(),
    };
    let change = ProjectChange {
        name: Some(body.name),
        github_installation_id: body.installation_id.map(Some),
        repository: Some(Some(repository)),
        default_branch: Some(Some(default_branch)),
        concurrency_limit: None,
    };
    let project = app.store().upsert_project(new, change).await?;
    let attractor = app
        .store()
        .upsert_attractor(NewAttractor {
            project_id: project.id.clone(),
            name: body.attractor_name,
            repo_path: match body.attractor_path {
                Some(path) => path,
                None => PATH.to_owned().try_into()?,
            },
            default_run_type: RunType::Planning,
            description: Some(DESCRIPTION.to_owned()),
            active: true,
            model_config: None,
        })
        .await?;
    let details = json!({ "repository": project.repository, "attractor": attractor.name });
    app.audit(
        &who,
        "project.bootstrap",
        Some(&project.id),
        project.id.as_str(),
        details,
    )
    .await;
    respond::created(&Bootstrapped { project, attractor }, None)
}

use axum::extract::State;
use serde_json::{Value, json};

use super::settings::refused;
use crate::api::github::{installation_url, slug};
use crate::api::projects::{ConnectGithub, change_project, connect_repository};
use crate::api::{Answer, InProject};
use crate::app::App;
use crate::web::form::Form;
use crate::web::shell::Visitor;
use crate::web::show;

/// Leads to where a person installs the GitHub App for a project.
pub(crate) async fn install(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
) -> Answer {
    let slug = slug(&app)?;
    show::go_to(&installation_url(&app, &visitor.who, &slug, &id).await?)
}

/// Says which of the installation's repositories a project is about.
pub(crate) async fn connect(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let project = app.store().project(&id).await?;
    // What is chosen is a repository and its default branch.
    let chosen = form.get("repoFullName").split_once(' ');
    let (name, branch) = chosen.unwrap_or((form.get("repoFullName"), "main"));
    let body = Form::body::<ConnectGithub>([
        ("installationId", json!(project.github_installation_id)),
        ("repoFullName", json!(name)),
        ("defaultBranch", json!(branch)),
    ]);
    let done = match body {
        Ok(body) => connect_repository(&app, &visitor.who, &id, body).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => show::go_to(&format!("/projects/{id}/settings?done=connected#github")),
        Err(error) => refused(&app, visitor.shell, project, form, error).await,
    }
}

/// Forgets the project's installation; on GitHub it stays as it is.
pub(crate) async fn disconnect(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
    _: Form,
) -> Answer {
    let body = Form::whole_body([("githubInstallationId", Value::Null)])?;
    change_project(&app, &visitor.who, &id, body).await?;
    show::go_to(&format!("/projects/{id}/settings?done=disconnected#github"))
}

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::github::repositories_of;
use crate::api::projects::change_project;
use crate::api::{Answer, InProject, Query};
use crate::app::App;
use crate::domain::{Error, Principal, Project};
use crate::forge::ForgeRepository;
use crate::web::form::Form;
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "projects/settings.html")]
struct SettingsPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    form: Form,
    /// What was just done.
    done: &'static str,
    github: GitHub,
    /// Runs at a time, unless the project says.
    default_limit: u32,
}

/// What GitHub has to do with a project.
#[derive(Debug)]
struct GitHub {
    /// Whether the server has an App that can be installed.
    has_app: bool,
    /// What the project's installation may reach.
    repositories: Vec<ForgeRepository>,
    /// Why that isn't known.
    problem: Option<String>,
}

impl GitHub {
    async fn of(app: &App, project: &Project) -> Result<Self, Error> {
        let mut github = Self {
            has_app: app.config().github_app_slug.is_some(),
            repositories: Vec::new(),
            problem: None,
        };
        if project.github_installation_id.is_none() {
            return Ok(github);
        }
        match repositories_of(app, project).await {
            Ok(found) => github.repositories = found,
            Err(error) if error.kind() == crate::domain::ErrorKind::Internal => return Err(error),
            Err(error) => github.problem = Some(error.to_string()),
        }
        Ok(github)
    }

    /// Whether the project's repository is one of those that the installation reaches.
    fn reaches(&self, project: &Project) -> bool {
        let name = project.repo_full_name.as_deref();
        let mut names = self.repositories.iter().map(|it| it.full_name.as_str());
        names.any(|it| Some(it) == name)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SettingsQuery {
    done: String,
}

/// What can be changed about a project.
pub(crate) async fn page(
    State(app): State<App>,
    InProject(id): InProject,
    Query(query): Query<SettingsQuery>,
    visitor: Visitor,
) -> Answer {
    let project = app.store().project(&id).await?;
    let done = match query.done.as_str() {
        "saved" => "The settings are saved.",
        "installed" => "The GitHub App is installed for this project. Choose its repository below.",
        "connected" => "The repository is connected.",
        "disconnected" => "The project has no installation of the GitHub App any more.",
        _ => "",
    };
    let form = filled(&project);
    let page = built(&app, visitor.shell, project, form, done).await?;
    show::page(&page.shell, &page)
}

fn filled(project: &Project) -> Form {
    let text = |value: Option<String>| value.unwrap_or_default();
    Form::of([
        ("name", project.name.clone()),
        (
            "repository",
            text(project.repository.as_ref().map(ToString::to_string)),
        ),
        (
            "defaultBranch",
            text(project.default_branch.as_ref().map(ToString::to_string)),
        ),
        (
            "concurrencyLimit",
            text(project.concurrency_limit.map(|it| it.to_string())),
        ),
    ])
}

async fn built(
    app: &App,
    shell: Shell,
    project: Project,
    form: Form,
    done: &'static str,
) -> Result<SettingsPage, Error> {
    Ok(SettingsPage {
        github: GitHub::of(app, &project).await?,
        default_limit: app.config().max_project_runs,
        tab: "settings",
        shell,
        project,
        form,
        done,
    })
}

/// The page with what is wrong with one of its forms.
pub(super) async fn refused(
    app: &App,
    shell: Shell,
    project: Project,
    form: Form,
    error: Error,
) -> Answer {
    let (form, status): (Form, StatusCode) = form.refused(error)?;
    // The other forms of the page show what is so.
    let form = form.or(filled(&project));
    let page = built(app, shell, project, form, "").await?;
    show::with_status(status, &page.shell, &page)
}

/// Changes a project.
pub(crate) async fn change(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let project = app.store().project(&id).await?;
    match change_from(&app, &visitor.who, &project, &form).await {
        Ok(_) => show::go_to(&format!("/projects/{id}/settings?done=saved")),
        Err(error) => refused(&app, visitor.shell, project, form, error).await,
    }
}

async fn change_from(
    app: &App,
    who: &Principal,
    project: &Project,
    form: &Form,
) -> Result<Project, Error> {
    // An empty field takes away what there was, which the API's `null` does.
    let or_none = |name: &str| form.given(name).map_or(Value::Null, Value::from);
    let body = Form::whole_body([
        ("name", json!(form.get("name"))),
        ("repository", or_none("repository")),
        ("defaultBranch", or_none("defaultBranch")),
        ("concurrencyLimit", form.number("concurrencyLimit")?),
    ])?;
    change_project(app, who, &project.id, body).await
}

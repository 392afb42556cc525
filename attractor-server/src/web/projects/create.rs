use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::api::Answer;
use crate::api::projects::{ProjectChangeBody, change_project, create_project};
use crate::app::App;
use crate::domain::{Error, Principal, Project};
use crate::web::form::Form;
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "projects/new.html")]
struct NewProjectPage {
    shell: Shell,
    form: Form,
}

/// Where a project is created.
pub(crate) async fn new(visitor: Visitor) -> Answer {
    let page = NewProjectPage {
        shell: visitor.shell,
        form: Form::of([("defaultBranch", "main".to_owned())]),
    };
    show::page(&page.shell, &page)
}

/// Creates it.
pub(crate) async fn create(State(app): State<App>, visitor: Visitor, form: Form) -> Answer {
    match create_from(&app, &visitor.who, &form).await {
        Ok(project) => show::go_to(&format!("/projects/{}", project.id)),
        Err(error) => refused(visitor.shell, form, error),
    }
}

fn refused(shell: Shell, form: Form, error: Error) -> Answer {
    let (form, status): (Form, StatusCode) = form.refused(error)?;
    let page = NewProjectPage { shell, form };
    show::with_status(status, &page.shell, &page)
}

/// Two steps of the API: what is wrong with the second is found before the first is done.
async fn create_from(app: &App, who: &Principal, form: &Form) -> Result<Project, Error> {
    let about: ProjectChangeBody = Form::body([
        ("repository", json!(form.given("repository"))),
        ("defaultBranch", json!(form.given("defaultBranch"))),
    ])?;
    about.check(app).await?;
    let new = Form::body([
        ("name", json!(form.get("name"))),
        ("namespace", json!(form.given("namespace"))),
    ])?;
    let project = create_project(app, who, new).await?;
    let about = Form::body([
        ("repository", json!(form.given("repository"))),
        ("defaultBranch", json!(form.given("defaultBranch"))),
    ])?;
    change_project(app, who, &project.id, about).await
}

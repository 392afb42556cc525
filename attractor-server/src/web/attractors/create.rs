use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use super::fields::{self, FIELDS, TYPES};
use super::finding::{self, Finding};
use crate::api::attractors::create_attractor;
use crate::api::{Answer, InProject};
use crate::app::App;
use crate::domain::Project;
use crate::web::form::Form;
use crate::web::model::{self, LEVELS, Provider};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// A pipeline to begin with: it does something, and every line of it is a thing to change.
const TEMPLATE: &str = r#"digraph my_pipeline {
    goal = "Say in one sentence what is to be achieved"

    start [shape=Mdiamond, label="Start"]
    exit  [shape=Msquare, label="Exit"]

    work  [shape=box, label="Work", prompt="Work towards the goal: $goal"]
    check [shape=box, label="Check", prompt="Check what was done against the goal. Succeed only if it is reached."]

    start -> work -> check
    check -> exit [condition="outcome=success"]
    check -> work [condition="outcome=fail", label="again"]
}
"#;

#[derive(Debug, Template)]
#[template(path = "attractors/new.html")]
struct NewAttractorPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    form: Form,
    findings: Vec<Finding>,
    providers: Vec<Provider>,
    types: [(&'static str, &'static str); 3],
    levels: [(&'static str, &'static str); 6],
    fields: [&'static str; 9],
}

impl NewAttractorPage {
    fn of(shell: Shell, project: Project, form: Form, findings: Vec<Finding>) -> Self {
        Self {
            shell: shell.with_graph(),
            project,
            tab: "attractors",
            form,
            findings,
            providers: model::catalog(),
            types: TYPES,
            levels: LEVELS,
            fields: FIELDS,
        }
    }
}

/// Where an attractor is created.
pub(crate) async fn new(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
) -> Answer {
    let project = app.store().project(&id).await?;
    let form = Form::of([
        ("defaultRunType", "implementation".to_owned()),
        ("active", "yes".to_owned()),
        ("content", TEMPLATE.to_owned()),
    ]);
    let page = NewAttractorPage::of(visitor.shell, project, form, Vec::new());
    show::page(&page.shell, &page)
}

/// Creates it.
pub(crate) async fn create(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let body = fields::body(&form).and_then(Form::body);
    let done = match body {
        Ok(body) => create_attractor(&app, &visitor.who, &id, body).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(attractor) => show::go_to(&format!(
            "/projects/{id}/attractors/{}?done=created",
            attractor.id
        )),
        Err(error) => {
            let project = app.store().project(&id).await?;
            let findings = finding::of_error(&error);
            let (form, status): (Form, StatusCode) = form.refused(error)?;
            let page = NewAttractorPage::of(visitor.shell, project, form, findings);
            show::with_status(status, &page.shell, &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compose;

    #[test]
    fn the_pipeline_to_begin_with_has_nothing_wrong_with_it() {
        let pipeline = compose::checker().prepare(super::TEMPLATE).unwrap();
        assert_eq!(pipeline.diagnostics(), []);
    }
}

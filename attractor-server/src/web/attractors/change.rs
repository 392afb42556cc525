use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, FIELDS, TYPES};
use super::finding::{self, Finding};
use crate::api::attractors::{change_attractor, check, delete_attractor};
use crate::api::{Answer, Path, Query};
use crate::app::App;
use crate::domain::{
    AttractorDef, AttractorId, AttractorVersion, Error, PageRequest, Project, ProjectId,
};
use crate::web::form::Form;
use crate::web::limits::ROWS;
use crate::web::model::{self, LEVELS, Provider};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "attractors/page.html")]
struct AttractorPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    attractor: AttractorDef,
    versions: Vec<AttractorVersion>,
    form: Form,
    /// What was just done.
    done: &'static str,
    findings: Vec<Finding>,
    providers: Vec<Provider>,
    types: [(&'static str, &'static str); 3],
    levels: [(&'static str, &'static str); 6],
    fields: [&'static str; 9],
}

impl AttractorPage {
    async fn of(
        app: &App,
        shell: Shell,
        attractor: AttractorDef,
        form: Form,
        findings: Vec<Finding>,
    ) -> Result<Self, Error> {
        let request = PageRequest::new(Some(ROWS), None)?;
        let versions = app.store().attractor_versions(&attractor.id, &request);
        Ok(Self {
            versions: versions.await?.items,
            project: app.store().project(&attractor.project_id).await?,
            shell: shell.with_graph(),
            tab: "attractors",
            attractor,
            form,
            done: "",
            findings,
            providers: model::catalog(),
            types: TYPES,
            levels: LEVELS,
            fields: FIELDS,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AttractorQuery {
    done: String,
}

/// An attractor with its text.
pub(crate) async fn page(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    Query(query): Query<AttractorQuery>,
    visitor: Visitor,
) -> Answer {
    let attractor = app.store().attractor(&project, &id).await?;
    let (content, findings) = match attractor.content_version {
        0 => (String::new(), Vec::new()),
        version => {
            let (_, content) = app.store().attractor_version(&id, version).await?;
            let found = serde_json::to_value(check(&content)?.validation).unwrap_or_default();
            (content, finding::findings(&found))
        }
    };
    let form = fields::filled(&attractor, &content);
    let mut page = AttractorPage::of(&app, visitor.shell, attractor, form, findings).await?;
    page.done = match query.done.as_str() {
        "created" => "The attractor is created.",
        "saved" => "The attractor is saved.",
        _ => "",
    };
    show::page(&page.shell, &page)
}

/// Changes it; another text is another version.
pub(crate) async fn change(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let body = fields::body(&form).and_then(|mut fields| {
        // An empty text is none: it stays as it is, since taking it away isn't possible.
        fields.retain(|(name, value)| *name != "content" || !value.is_null());
        if form.given("content").is_some() {
            let expected = form.number("expectedContentVersion")?;
            fields.push(("expectedContentVersion", expected));
        }
        Form::whole_body(fields)
    });
    let done = match body {
        Ok(body) => change_attractor(&app, &visitor.who, &project, &id, body).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => show::go_to(&format!("/projects/{project}/attractors/{id}?done=saved")),
        Err(error) => refused(&app, visitor.shell, (&project, &id), form, error).await,
    }
}

async fn refused(
    app: &App,
    shell: Shell,
    (project, id): (&ProjectId, &AttractorId),
    form: Form,
    error: Error,
) -> Answer {
    let attractor = app.store().attractor(project, id).await?;
    let findings = finding::of_error(&error);
    let (form, status): (Form, StatusCode) = form.refused(error)?;
    let page = AttractorPage::of(app, shell, attractor, form, findings).await?;
    show::with_status(status, &page.shell, &page)
}

/// Deletes it, if it has no runs.
pub(crate) async fn delete(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    visitor: Visitor,
    _: Form,
) -> Answer {
    match delete_attractor(&app, &visitor.who, &project, &id).await {
        Ok(()) => show::go_to(&format!("/projects/{project}/attractors")),
        Err(error) if error.code() == "attractor_in_use" => {
            let attractor = app.store().attractor(&project, &id).await?;
            let content = match attractor.content_version {
                0 => String::new(),
                version => app.store().attractor_version(&id, version).await?.1,
            };
            let form = fields::filled(&attractor, &content);
            // It's no field's problem.
            let error = error.with_details(json!({}));
            refused(&app, visitor.shell, (&project, &id), form, error).await
        }
        Err(error) => Err(error.into()),
    }
}

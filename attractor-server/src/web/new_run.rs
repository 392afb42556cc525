//! Where a run is created.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::model::{self, LEVELS, Provider};
use super::shell::{Shell, Visitor};
use super::show;
use crate::api::runs::create_run;
use crate::api::{Answer, InProject, Query};
use crate::app::App;
use crate::domain::{
    AttractorDef, Error, PageRequest, Project, ProjectId, RunType, SpecBundle, slug,
};

#[derive(Debug, Template)]
#[template(path = "runs/new.html")]
struct NewRunPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    form: Form,
    attractors: Vec<AttractorDef>,
    bundles: Vec<SpecBundle>,
    providers: Vec<Provider>,
    levels: [(&'static str, &'static str); 6],
    fields: Vec<&'static str>,
    /// The run that works on the branch, if that is what is wrong.
    other_run: Option<String>,
}

impl NewRunPage {
    async fn read(app: &App, shell: Shell, id: &ProjectId, form: Form) -> Result<Self, Error> {
        let all = PageRequest::new(Some(500), None)?;
        let attractors = app.store().attractors(id, &all).await?.items;
        let mut fields = vec![
            "attractorDefId",
            "runType",
            "sourceBranch",
            "targetBranch",
            "specBundleId",
        ];
        fields.extend(model::FIELDS);
        Ok(Self {
            project: app.store().project(id).await?,
            attractors: attractors.into_iter().filter(|it| it.active).collect(),
            bundles: app
                .store()
                .bundles(id, &PageRequest::default())
                .await?
                .items,
            providers: model::catalog(),
            levels: LEVELS,
            tab: "runs",
            shell,
            form,
            fields,
            other_run: None,
        })
    }
}

/// What is chosen already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewRunQuery {
    attractor: String,
    bundle: String,
}

/// A form with what is usually wanted.
pub(super) async fn page(
    State(app): State<App>,
    InProject(id): InProject,
    Query(query): Query<NewRunQuery>,
    visitor: Visitor,
) -> Answer {
    let empty = Form::of([]);
    let mut page = NewRunPage::read(&app, visitor.shell, &id, empty).await?;
    let chosen = page
        .attractors
        .iter()
        .find(|it| it.id.as_str() == query.attractor)
        .or(page.attractors.first());
    let source = page.project.default_branch.as_ref();
    let mut fields = vec![
        (
            "sourceBranch",
            source.map_or_else(|| "main".to_owned(), ToString::to_string),
        ),
        ("specBundleId", query.bundle.clone()),
        // One form makes one run, however often it's sent.
        ("key", format!("form-{:032x}", rand::random::<u128>())),
    ];
    if let Some(attractor) = chosen {
        let run_type = match query.bundle.is_empty() {
            true => attractor.default_run_type,
            false => RunType::Implementation,
        };
        fields.push(("attractorDefId", attractor.id.to_string()));
        fields.push(("runType", run_type.as_str().to_owned()));
        fields.push((
            "targetBranch",
            format!("attractor/{}", slug(&attractor.name)),
        ));
    }
    page.form = Form::of(fields);
    show::page(&page.shell, &page)
}

/// Creates it.
pub(super) async fn create(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let key = form.given("key").map(str::to_owned);
    let done = match body(&form, &id).and_then(Form::body) {
        Ok(body) => create_run(&app, &visitor.who, key.as_deref(), body).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(run) => show::go_to(&format!("/runs/{}", run.id)),
        Err(error) => {
            let other = error.details().and_then(|it| it["runId"].as_str());
            let other = other.map(str::to_owned);
            let (form, status): (Form, StatusCode) = form.refused(error)?;
            let mut page = NewRunPage::read(&app, visitor.shell, &id, form).await?;
            page.other_run = other;
            show::with_status(status, &page.shell, &page)
        }
    }
}

fn body(form: &Form, project: &ProjectId) -> Result<Vec<(&'static str, Value)>, Error> {
    let is_implementation = form.is("runType", RunType::Implementation.as_str());
    let bundle = form.given("specBundleId").filter(|_| is_implementation);
    Ok(vec![
        ("projectId", json!(project)),
        ("attractorDefId", json!(form.get("attractorDefId"))),
        ("runType", json!(form.get("runType"))),
        ("sourceBranch", json!(form.get("sourceBranch").trim())),
        ("targetBranch", json!(form.get("targetBranch").trim())),
        ("specBundleId", json!(bundle)),
        ("modelConfig", model::chosen(form)?),
        ("force", json!(form.has("force"))),
    ])
}

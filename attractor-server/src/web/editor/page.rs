use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::limits::PROBLEMS;
use crate::api::{Answer, InProject, Path, Query, attractors, invalid_field};
use crate::app::App;
use crate::domain::{AttractorDef, AttractorId, Error, Project, ProjectId};
use crate::web::form::Form;
use crate::web::model::{self, Provider};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// What an attractor begins with.
const STARTER: &str = include_str!("starter.dot");

/// The editor of an attractor that there is, or of one to be.
#[derive(Debug, Template)]
#[template(path = "editor/page.html")]
pub(super) struct EditorPage {
    pub(super) shell: Shell,
    pub(super) project: Project,
    /// None of one to be.
    pub(super) attractor: Option<AttractorDef>,
    pub(super) form: Form,
    problems: Vec<Problem>,
    /// Whether it was saved just now.
    is_saved: bool,
    /// The version that the text is of, if that isn't the newest.
    of_version: Option<i64>,
    may_write: bool,
    providers: Vec<Provider>,
    levels: [(&'static str, &'static str); 6],
}

/// Something that is wrong with the text.
#[derive(Debug)]
struct Problem {
    severity: String,
    line: u64,
    column: u64,
    message: String,
    fix: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct EditorQuery {
    /// Begin with the text of this version.
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    saved: Option<String>,
}

/// The fields that the page shows a problem at.
const FIELDS: [&str; 10] = [
    "content",
    "name",
    "repoPath",
    "defaultRunType",
    "description",
    "message",
    model::FIELDS[0],
    model::FIELDS[1],
    model::FIELDS[2],
    model::FIELDS[3],
];

impl EditorPage {
    pub(super) fn new(
        visitor: Visitor,
        project: Project,
        attractor: Option<AttractorDef>,
        form: Form,
    ) -> Result<Self, Error> {
        Ok(Self {
            problems: problems(form.get("content"))?,
            may_write: visitor.shell.operates(&project.id),
            providers: model::catalog(),
            levels: model::LEVELS,
            shell: visitor.shell.with_graph(),
            project,
            attractor,
            form,
            is_saved: false,
            of_version: None,
        })
    }

    pub(super) fn show(&self, status: StatusCode) -> Answer {
        show::with_status(status, &self.shell, self)
    }

    fn title(&self) -> &str {
        self.attractor
            .as_ref()
            .map_or("New attractor", |it| &it.name)
    }

    /// The address of the attractor, or of where one is made.
    fn place(&self) -> String {
        let last = self.attractor.as_ref().map_or("new", |it| it.id.as_str());
        format!("/projects/{}/attractors/{last}", self.project.id)
    }

    /// What is wrong with the form as a whole.
    fn problem(&self) -> Option<&str> {
        self.form.problem_beside(&FIELDS)
    }

    fn run_types(&self) -> [(&'static str, &'static str); 3] {
        [
            ("planning", "planning: writes a specification"),
            ("implementation", "implementation: changes a branch"),
            ("task", "task: leaves artifacts"),
        ]
    }

    /// Whether the text lies in the repository.
    fn is_elsewhere(&self) -> bool {
        self.attractor
            .as_ref()
            .is_some_and(|it| it.content_version == 0)
    }
}

/// What is wrong with a text, the first of it.
fn problems(content: &str) -> Result<Vec<Problem>, Error> {
    if content.trim().is_empty() {
        return Ok(Vec::new());
    }
    let found = match attractors::check(content) {
        Ok(checked) => checked.validation.diagnostics,
        // The form says that it's too large.
        Err(_) => return Ok(Vec::new()),
    };
    let text = |found: &Value, name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let problem = |found: &Value| Problem {
        severity: text(found, "severity"),
        line: found["line"].as_u64().unwrap_or(1),
        column: found["column"].as_u64().unwrap_or(1),
        message: text(found, "message"),
        fix: text(found, "fix"),
    };
    Ok(found.iter().take(PROBLEMS).map(problem).collect())
}

/// The editor with an attractor's newest text, or that of another version.
pub(super) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    Query(query): Query<EditorQuery>,
) -> Answer {
    let attractor = app.store().attractor(&project, &id).await?;
    let newest = attractor.content_version;
    let wanted = query.version.as_deref().map(str::parse::<i64>).transpose();
    let wanted = wanted.map_err(|_| invalid_field("version", "it must be a number"))?;
    let content = match wanted.unwrap_or(newest) {
        0 => String::new(),
        version => app.store().attractor_version(&id, version).await?.1,
    };
    let project = app.store().project(&project).await?;
    let form = form_of(&attractor, content);
    let mut page = EditorPage::new(visitor, project, Some(attractor), form)?;
    page.is_saved = query.saved.is_some();
    page.of_version = wanted.filter(|version| *version != newest);
    page.show(StatusCode::OK)
}

/// The editor of an attractor to be.
pub(super) async fn new(
    State(app): State<App>,
    visitor: Visitor,
    InProject(id): InProject,
) -> Answer {
    let project = app.store().project(&id).await?;
    let form = Form::of([
        ("content", STARTER.to_owned()),
        ("defaultRunType", "planning".to_owned()),
        ("active", "yes".to_owned()),
    ]);
    EditorPage::new(visitor, project, None, form)?.show(StatusCode::OK)
}

/// An attractor as the form has it.
fn form_of(attractor: &AttractorDef, content: String) -> Form {
    let mut fields = vec![
        ("content", content),
        (
            "expectedContentVersion",
            attractor.content_version.to_string(),
        ),
        ("name", attractor.name.clone()),
        ("repoPath", attractor.repo_path.to_string()),
        ("defaultRunType", attractor.default_run_type.to_string()),
        (
            "description",
            attractor.description.clone().unwrap_or_default(),
        ),
    ];
    if attractor.active {
        fields.push(("active", "yes".to_owned()));
    }
    fields.extend(model::filled(attractor.model_config.as_ref()));
    Form::of(fields)
}

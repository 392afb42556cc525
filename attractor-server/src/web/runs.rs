//! Lists of runs: of the factory, and of a project.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::address::with_query;
use super::limits::ROWS;
use super::moment::Took;
use super::shell::{Shell, Visitor};
use super::show;
use crate::api::{Answer, Query};
use crate::app::App;
use crate::domain::{
    AttractorId, BranchName, Error, PageRequest, Principal, ProjectId, Run, RunStatus, RunType,
    Timestamp,
};
use crate::store::RunFilter;

/// Which runs are asked for: the fields of the form above a list, empty where nothing is chosen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Wanted {
    pub(super) status: String,
    pub(super) run_type: String,
    pub(super) target_branch: String,
    cursor: String,
}

impl Wanted {
    fn filter(&self, project: Option<ProjectId>) -> Result<RunFilter, Error> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|it| !it.is_empty());
        let status = given(&self.status).map(|it| it.parse()).transpose()?;
        let branch = given(&self.target_branch).map(BranchName::try_from);
        Ok(RunFilter {
            project,
            status: status.into_iter().collect(),
            run_type: given(&self.run_type).map(|it| it.parse()).transpose()?,
            target_branch: branch.transpose()?,
            finished_before: None,
        })
    }

    /// What is asked for, but for the place in the list.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("status", &self.status),
            ("runType", &self.run_type),
            ("targetBranch", &self.target_branch),
        ];
        let given = all.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, value.clone())).collect()
    }

    fn request(&self) -> Result<PageRequest, Error> {
        let cursor = Some(self.cursor.as_str()).filter(|it| !it.is_empty());
        PageRequest::new(Some(ROWS), cursor)
    }

    /// This at another address.
    pub(super) fn at(&self, path: &str) -> String {
        let mut pairs = self.kept();
        if !self.cursor.is_empty() {
            pairs.push(("cursor", self.cursor.clone()));
        }
        with_query(path, &pairs)
    }

    pub(super) fn is(&self, of: &str, value: &str) -> bool {
        of == value
    }

    pub(super) fn statuses(&self) -> Vec<&'static str> {
        RunStatus::ALL.iter().map(|it| it.as_str()).collect()
    }

    pub(super) fn types(&self) -> [&'static str; 3] {
        [RunType::Planning, RunType::Implementation, RunType::Task].map(RunType::as_str)
    }
}

/// A run in a list.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) run: Run,
    pub(super) project: String,
    pub(super) attractor: String,
}

impl Row {
    /// How long it has taken so far, if it has begun.
    pub(super) fn took(&self, now: &Timestamp) -> Option<Took> {
        Took::of(&self.run, *now)
    }
}

/// Runs with the names of what they belong to.
pub(super) async fn rows(app: &App, who: &Principal, runs: Vec<Run>) -> Result<Vec<Row>, Error> {
    let projects = names_of_projects(app, who).await?;
    let mut attractors: BTreeMap<AttractorId, String> = BTreeMap::new();
    let mut rows = Vec::with_capacity(runs.len());
    for run in runs {
        let (project, id) = (&run.project_id, &run.attractor_def_id);
        if !attractors.contains_key(id) {
            let attractor = app.store().attractor(project, id).await?;
            attractors.insert(id.clone(), attractor.name);
        }
        rows.push(Row {
            project: projects.get(project).cloned().unwrap_or_default(),
            attractor: attractors.get(id).cloned().unwrap_or_default(),
            run,
        });
    }
    Ok(rows)
}

/// What the projects are called that somebody sees.
pub(super) async fn names_of_projects(
    app: &App,
    who: &Principal,
) -> Result<BTreeMap<ProjectId, String>, Error> {
    let request = PageRequest::new(Some(500), None)?;
    let page = app
        .store()
        .projects(who.project_id.as_ref(), &request)
        .await?;
    let names = page.items.into_iter();
    Ok(names.map(|project| (project.id, project.name)).collect())
}

/// A part of a list of runs: live, because runs change by themselves.
#[derive(Debug, Template)]
#[template(path = "runs/list.html")]
pub(super) struct List {
    pub(super) shell: Shell,
    pub(super) rows: Vec<Row>,
    /// Whether the list is of one project only.
    pub(super) of_project: bool,
    pub(super) is_filtered: bool,
    /// Where the list goes on.
    pub(super) next: Option<String>,
    /// Where it begins, if this isn't there.
    pub(super) first: Option<String>,
}

impl List {
    /// What a query asks for, at an address of a page.
    pub(super) async fn read(
        app: &App,
        visitor: &Visitor,
        wanted: &Wanted,
        project: Option<ProjectId>,
        place: &str,
    ) -> Result<Self, Error> {
        let of_project = project.is_some();
        let project = project.or_else(|| visitor.who.project_id.clone());
        let page = app
            .store()
            .runs(&wanted.filter(project)?, &wanted.request()?)
            .await?;
        let kept = wanted.kept();
        let at = |cursor: &str| {
            let mut pairs = kept.clone();
            pairs.push(("cursor", cursor.to_owned()));
            with_query(place, &pairs)
        };
        Ok(Self {
            rows: rows(app, &visitor.who, page.items).await?,
            of_project,
            is_filtered: !kept.is_empty(),
            next: page.next.as_deref().map(at),
            first: (!wanted.cursor.is_empty()).then(|| with_query(place, &kept)),
            shell: visitor.shell.clone(),
        })
    }
}

#[derive(Debug, Template)]
#[template(path = "runs/page.html")]
struct RunsPage {
    shell: Shell,
    wanted: Wanted,
    list: List,
    /// Where the list is asked for again.
    part: String,
}

/// The runs of all projects that whoever looks may see.
pub(super) async fn page(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    visitor: Visitor,
) -> Answer {
    let list = List::read(&app, &visitor, &wanted, None, "/runs").await?;
    let page = RunsPage {
        list,
        part: wanted.at("/part/runs"),
        wanted,
        shell: visitor.shell,
    };
    show::page(&page.shell, &page)
}

/// The list by itself.
pub(super) async fn part(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    visitor: Visitor,
) -> Answer {
    let list = List::read(&app, &visitor, &wanted, None, "/runs").await?;
    show::part(&visitor.shell, &list)
}

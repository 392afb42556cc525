use askama::Template;
use axum::extract::State;

use crate::api::{Answer, InProject, Query};
use crate::app::App;
use crate::domain::{PageRequest, Project};
use crate::web::runs::{List, Wanted};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "projects/runs.html")]
struct ProjectRuns {
    shell: Shell,
    project: Project,
    tab: &'static str,
    wanted: Wanted,
    list: List,
    /// Where the list is asked for again.
    part: String,
    has_attractors: bool,
}

/// A project's runs: its first page.
pub(crate) async fn page(
    State(app): State<App>,
    InProject(id): InProject,
    Query(wanted): Query<Wanted>,
    visitor: Visitor,
) -> Answer {
    let project = app.store().project(&id).await?;
    let place = format!("/projects/{id}");
    let one = PageRequest::new(Some(1), None)?;
    let page = ProjectRuns {
        has_attractors: !app.store().attractors(&id, &one).await?.items.is_empty(),
        part: wanted.at(&format!("{place}/part/runs")),
        list: List::read(&app, &visitor, &wanted, Some(id), &place).await?,
        shell: visitor.shell,
        tab: "runs",
        project,
        wanted,
    };
    show::page(&page.shell, &page)
}

/// The list by itself.
pub(crate) async fn part(
    State(app): State<App>,
    InProject(id): InProject,
    Query(wanted): Query<Wanted>,
    visitor: Visitor,
) -> Answer {
    let place = format!("/projects/{id}");
    let list = List::read(&app, &visitor, &wanted, Some(id), &place).await?;
    show::part(&visitor.shell, &list)
}

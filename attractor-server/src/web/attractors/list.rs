use askama::Template;
use axum::extract::State;

use crate::api::{Answer, InProject};
use crate::app::App;
use crate::domain::{AttractorDef, PageRequest, Project};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "attractors/list.html")]
struct AttractorsPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    attractors: Vec<AttractorDef>,
    /// Whether there are more than the page has.
    has_more: bool,
}

/// The attractors of a project.
pub(crate) async fn page(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
) -> Answer {
    let project = app.store().project(&id).await?;
    let request = PageRequest::new(Some(500), None)?;
    let read = app.store().attractors(&id, &request).await?;
    let page = AttractorsPage {
        shell: visitor.shell,
        tab: "attractors",
        project,
        has_more: read.next.is_some(),
        attractors: read.items,
    };
    show::page(&page.shell, &page)
}

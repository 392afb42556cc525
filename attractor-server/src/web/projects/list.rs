use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::api::{Answer, Query};
use crate::app::App;
use crate::domain::{PageRequest, Project};
use crate::web::address::with_query;
use crate::web::limits::ROWS;
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "projects/list.html")]
struct ProjectsPage {
    shell: Shell,
    projects: Vec<Project>,
    next: Option<String>,
    first: Option<&'static str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    cursor: String,
}

/// All projects that whoever looks may see.
pub(crate) async fn page(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    visitor: Visitor,
) -> Answer {
    let cursor = Some(query.cursor.as_str()).filter(|it| !it.is_empty());
    let request = PageRequest::new(Some(ROWS), cursor)?;
    let only = visitor.who.project_id.as_ref();
    let read = app.store().projects(only, &request).await?;
    let page = ProjectsPage {
        next: read
            .next
            .map(|next| with_query("/projects", &[("cursor", next)])),
        first: cursor.map(|_| "/projects"),
        projects: read.items,
        shell: visitor.shell,
    };
    show::page(&page.shell, &page)
}

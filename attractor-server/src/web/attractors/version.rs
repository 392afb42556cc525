use askama::Template;
use axum::extract::State;
use similar::TextDiff;

use crate::api::{Answer, Path};
use crate::app::App;
use crate::domain::{AttractorDef, AttractorId, AttractorVersion, Error, Project, ProjectId};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "attractors/version.html")]
struct VersionPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    attractor: AttractorDef,
    version: AttractorVersion,
    content: String,
    /// What is different from the version before.
    changes: Vec<Line>,
}

/// A line of a difference.
#[derive(Debug)]
struct Line {
    /// `add`, `del`, `hunk`; empty, if it's in both.
    class: &'static str,
    text: String,
}

/// What is different, with three lines around it.
fn difference(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let text = diff.unified_diff().context_radius(3).to_string();
    let line = |text: &str| Line {
        class: match text.as_bytes().first() {
            Some(b'+') => "add",
            Some(b'-') => "del",
            Some(b'@') => "hunk",
            _ => "",
        },
        text: text.to_owned(),
    };
    text.lines().map(line).collect()
}

/// One version of an attractor's text, beside the one before it.
pub(crate) async fn page(
    State(app): State<App>,
    Path((project, id, version)): Path<(ProjectId, AttractorId, String)>,
    visitor: Visitor,
) -> Answer {
    let number: i64 = version.parse().unwrap_or(0);
    if number < 1 {
        return Err(Error::not_found("version").into());
    }
    let attractor = app.store().attractor(&project, &id).await?;
    let (version, content) = app.store().attractor_version(&id, number).await?;
    let changes = match number {
        1 => Vec::new(),
        _ => {
            let (_, before) = app.store().attractor_version(&id, number - 1).await?;
            difference(&before, &content)
        }
    };
    let page = VersionPage {
        project: app.store().project(&project).await?,
        shell: visitor.shell,
        tab: "attractors",
        attractor,
        version,
        content,
        changes,
    };
    show::page(&page.shell, &page)
}

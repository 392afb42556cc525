use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::limits::{CHOICES, VERSIONS};
use crate::api::{Answer, Path, Query, invalid_field};
use crate::app::App;
use crate::domain::{AttractorDef, AttractorId, AttractorVersion, Error, PageRequest, ProjectId};
use crate::web::run::{DiffLine, between};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// The versions of an attractor's text.
#[derive(Debug, Template)]
#[template(path = "editor/versions.html")]
struct VersionsPage {
    shell: Shell,
    attractor: AttractorDef,
    versions: Vec<AttractorVersion>,
    next: Option<String>,
}

/// One version beside another.
#[derive(Debug, Template)]
#[template(path = "editor/version.html")]
struct VersionPage {
    shell: Shell,
    attractor: AttractorDef,
    version: AttractorVersion,
    content: String,
    /// The version that it is compared with, and its text.
    against: i64,
    before: String,
    diff: Vec<DiffLine>,
}

impl VersionPage {
    /// The attractor's address.
    fn place(&self) -> String {
        let AttractorDef { project_id, id, .. } = &self.attractor;
        format!("/projects/{project_id}/attractors/{id}")
    }

    /// Versions to compare with, the nearest ones; 0 is no text.
    fn others(&self) -> Vec<i64> {
        let newest = self.attractor.content_version;
        let first = (self.version.version - CHOICES).max(0);
        let last = (self.version.version + CHOICES).min(newest);
        let others = (first..=last).rev();
        others.filter(|it| *it != self.version.version).collect()
    }

    fn is_against(&self, number: &i64) -> bool {
        self.against == *number
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    cursor: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Path((project, id)): Path<(ProjectId, AttractorId)>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let attractor = app.store().attractor(&project, &id).await?;
    let request = PageRequest::new(Some(VERSIONS), query.cursor.as_deref())?;
    let page = app.store().attractor_versions(&id, &request).await?;
    let page = VersionsPage {
        shell: visitor.shell,
        attractor,
        versions: page.items,
        next: page.next,
    };
    show::page(&page.shell, &page)
}

#[derive(Debug, Deserialize)]
pub(super) struct VersionQuery {
    /// The version to compare with; the one before, if none.
    #[serde(default)]
    against: Option<String>,
}

pub(super) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Path((project, id, version)): Path<(ProjectId, AttractorId, String)>,
    Query(query): Query<VersionQuery>,
) -> Answer {
    let attractor = app.store().attractor(&project, &id).await?;
    let (version, content) = app
        .store()
        .attractor_version(&id, number(&version)?)
        .await?;
    let against = query.against.as_deref().map(number).transpose()?;
    let against = against.unwrap_or(version.version - 1);
    let before = match against {
        0 => String::new(),
        against => app.store().attractor_version(&id, against).await?.1,
    };
    let page = VersionPage {
        shell: visitor.shell,
        attractor,
        diff: between(&before, &content),
        version,
        content,
        against,
        before,
    };
    show::page(&page.shell, &page)
}

fn number(text: &str) -> Result<i64, Error> {
    let number = text.parse::<i64>().ok().filter(|it| *it >= 0);
    number.ok_or_else(|| invalid_field("version", "it must be a number"))
}

use askama::Template;
use axum::extract::State;

use super::limits::PREVIEW_BYTES;
use super::page::size;
use crate::api::{Answer, OfRun, Path, artifacts};
use crate::app::App;
use crate::domain::{Artifact, ArtifactId, Run};
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// An artifact as far as a page can show it.
#[derive(Debug, Template)]
#[template(path = "run/artifact.html")]
struct ArtifactPage {
    shell: Shell,
    run: Run,
    artifact: Artifact,
    /// The beginning of its text, if it is one.
    text: Option<String>,
    is_cut: bool,
    is_picture: bool,
}

/// Types that browsers show as a picture and that can do nothing else.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

pub(super) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    OfRun(run): OfRun,
    Path((_, id)): Path<(String, ArtifactId)>,
) -> Answer {
    let artifact = app.store().artifact(&run.id, &id).await?;
    let kind = artifact.content_type.as_deref().unwrap_or_default();
    let is_picture = PICTURES.contains(&kind);
    let (text, is_cut) = match is_picture {
        true => (None, false),
        false => artifacts::preview(&app, &artifact, PREVIEW_BYTES).await?,
    };
    let page = ArtifactPage {
        shell: visitor.shell,
        run,
        artifact,
        text,
        is_cut,
        is_picture,
    };
    show::page(&page.shell, &page)
}

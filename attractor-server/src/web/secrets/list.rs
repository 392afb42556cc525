use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::api::secrets::delete_secret;
use crate::api::{Answer, InProject, Path, Query};
use crate::app::App;
use crate::domain::{PageRequest, Project, ProjectId, ProjectSecret, SecretId};
use crate::secrets::projection;
use crate::web::address::with_query;
use crate::web::form::Form;
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

#[derive(Debug, Template)]
#[template(path = "secrets/list.html")]
struct SecretsPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    secrets: Vec<Row>,
    done: bool,
}

#[derive(Debug)]
struct Row {
    secret: ProjectSecret,
    /// The variables that its values are for.
    variables: Vec<String>,
    /// Where it is written anew.
    replace: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SecretsQuery {
    done: String,
}

/// The secrets of a project.
pub(crate) async fn page(
    State(app): State<App>,
    InProject(id): InProject,
    Query(query): Query<SecretsQuery>,
    visitor: Visitor,
) -> Answer {
    let project = app.store().project(&id).await?;
    let request = PageRequest::new(Some(500), None)?;
    let read = app.store().secrets(&id, &request).await?;
    let row = |secret: ProjectSecret| {
        let found = projection(&secret.provider, &secret.key_mappings);
        let found: BTreeMap<String, String> = found.unwrap_or_default();
        let again = [
            ("provider", secret.provider.clone()),
            ("name", secret.name.clone()),
        ];
        Row {
            replace: with_query(
                &format!("/projects/{}/secrets/new", secret.project_id),
                &again,
            ),
            variables: found.into_keys().collect(),
            secret,
        }
    };
    let page = SecretsPage {
        shell: visitor.shell,
        tab: "secrets",
        project,
        secrets: read.items.into_iter().map(row).collect(),
        done: query.done == "saved",
    };
    show::page(&page.shell, &page)
}

/// Deletes one.
pub(crate) async fn delete(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, SecretId)>,
    visitor: Visitor,
    _: Form,
) -> Answer {
    delete_secret(&app, &visitor.who, &project, &id).await?;
    show::go_to(&format!("/projects/{project}/secrets"))
}

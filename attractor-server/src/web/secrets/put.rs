use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::api::secrets::{NewSecretBody, put_secret};
use crate::api::{Answer, InProject, Query};
use crate::app::App;
use crate::domain::{Error, Project};
use crate::secrets::{ARBITRARY, SecretProviderInfo, secret_providers};
use crate::web::form::Form;
use crate::web::shell::{Shell, Visitor};
use crate::web::show;

/// Variables that a secret of any names has room for on the page.
const ROOM: usize = 6;

#[derive(Debug, Template)]
#[template(path = "secrets/new.html")]
struct NewSecretPage {
    shell: Shell,
    project: Project,
    tab: &'static str,
    form: Form,
    providers: Vec<SecretProviderInfo>,
    /// The chosen one; none, if it isn't chosen yet or its keys may be of any name.
    provider: Option<SecretProviderInfo>,
    is_arbitrary: bool,
    room: std::ops::Range<usize>,
}

impl NewSecretPage {
    fn of(shell: Shell, project: Project, form: Form) -> Self {
        let providers = secret_providers();
        let chosen = form.get("provider");
        Self {
            provider: providers.iter().find(|it| it.name == chosen).cloned(),
            is_arbitrary: chosen == ARBITRARY,
            room: 0..ROOM,
            shell,
            project,
            tab: "secrets",
            form,
            providers,
        }
    }

    /// Whether a value has several lines.
    fn is_long(&self, key: &str) -> bool {
        key == "privateKey"
    }

    fn is_required(&self, key: &str) -> bool {
        let provider = self.provider.as_ref();
        provider.is_some_and(|it| it.required_all.contains(&key))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewSecretQuery {
    provider: String,
    name: String,
}

/// Where a secret is written: first for what, then its values.
pub(crate) async fn new(
    State(app): State<App>,
    InProject(id): InProject,
    Query(query): Query<NewSecretQuery>,
    visitor: Visitor,
) -> Answer {
    let project = app.store().project(&id).await?;
    let name = match query.name.is_empty() {
        true if query.provider == ARBITRARY => String::new(),
        true => query.provider.clone(),
        false => query.name,
    };
    let form = Form::of([("provider", query.provider), ("name", name)]);
    let page = NewSecretPage::of(visitor.shell, project, form);
    show::page(&page.shell, &page)
}

/// Writes it; one of that name is gone with all that it had.
pub(crate) async fn put(
    State(app): State<App>,
    InProject(id): InProject,
    visitor: Visitor,
    form: Form,
) -> Answer {
    let done = match body(&form) {
        Ok(body) => put_secret(&app, &visitor.who, &id, body).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => show::go_to(&format!("/projects/{id}/secrets?done=saved")),
        Err(error) => {
            let project = app.store().project(&id).await?;
            // Values aren't shown again, also not to the one who has typed them.
            let form = form.without("value.");
            let (form, status): (Form, StatusCode) = form.refused(error)?;
            let page = NewSecretPage::of(visitor.shell, project, form);
            show::with_status(status, &page.shell, &page)
        }
    }
}

fn body(form: &Form) -> Result<NewSecretBody, Error> {
    let values: BTreeMap<String, String> = match form.get("provider") {
        ARBITRARY => form
            .all("value.")
            .filter_map(|(place, value)| {
                let name = form.given(&format!("variable.{place}"))?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect(),
        _ => form
            .all("value.")
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.to_owned(), value.replace("\r\n", "\n")))
            .collect(),
    };
    let mappings: BTreeMap<&String, &String> = values.keys().map(|key| (key, key)).collect();
    Form::body([
        ("name", json!(form.get("name"))),
        ("provider", json!(form.get("provider"))),
        ("keyMappings", json!(mappings)),
        ("values", json!(values)),
    ])
}

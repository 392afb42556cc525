//! Secrets: written, given to runs, never shown.

use std::collections::BTreeMap;
use std::fmt;

use axum::extract::State;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::check;
use super::error::ErrorBody;
use super::extract::{Caller, InProject, Json, PageQuery, Path, Query, invalid_field};
use super::limits::SECRET_KEYS;
use super::list::whole;
use super::respond::{self, Answer};
use crate::app::App;
use crate::domain::{Error, NewSecret, Principal, ProjectId, ProjectSecret, SecretId};
use crate::secrets::{SecretProviderInfo, secret_providers};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secrets {
    /// Newest first.
    secrets: Vec<ProjectSecret>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewSecret)]
pub(crate) struct NewSecretBody {
    #[schema(min_length = 1, max_length = 120, example = "llm-anthropic")]
    name: String,
    /// Which row of the projection table says what its keys are for.
    #[schema(min_length = 1, example = "anthropic")]
    provider: String,
    /// What it is called in a cluster; `factory-secret-` and the name, if none.
    #[serde(default)]
    k8s_secret_name: Option<String>,
    /// From the provider's logical keys to the keys of `values`.
    #[schema(example = json!({"apiKey": "key"}))]
    key_mappings: BTreeMap<String, String>,
    /// The values; all that the secret had before are gone.
    #[schema(example = json!({"key": "sk-…"}))]
    values: BTreeMap<String, String>,
}

impl fmt::Debug for NewSecretBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSecretBody")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// `factory-secret-` and the name in lower case, every run of other characters a `-` (contract 1.1).
fn default_name(name: &str) -> String {
    let mut text = "factory-secret-".to_owned();
    let mut in_run = false;
    for c in name.to_lowercase().chars() {
        let stays = c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if stays {
            text.push(c);
        } else if !in_run {
            text.push('-');
        }
        in_run = !stays;
    }
    text
}

/// What a secret may be called in a cluster, where it may overwrite none that isn't the factory's.
fn check_k8s_name(name: &str) -> Result<(), Error> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let is_name = name.len() <= 253
        && name.chars().all(inner)
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if is_name && name.starts_with("factory-secret-") {
        return Ok(());
    }
    let why = "it must begin with `factory-secret-` and have at most 253 lower-case letters, digits, `-` and `.`";
    Err(invalid_field("k8sSecretName", why))
}

fn check_keys(field: &str, map: &BTreeMap<String, String>) -> Result<(), Error> {
    if map.len() > SECRET_KEYS {
        let why = format!("it may have at most {SECRET_KEYS} keys");
        return Err(invalid_field(field, &why));
    }
    map.keys().try_for_each(|key| check::name(field, key))
}

/// The secrets of a project: names, never values.
#[utoipa::path(get, path = "/api/projects/{projectId}/secrets", tag = "secrets",
    params(("projectId" = String, Path), PageQuery),
    responses((status = 200, body = Secrets)),
)]
pub(super) async fn list(
    State(app): State<App>,
    InProject(id): InProject,
    Query(query): Query<PageQuery>,
) -> Answer {
    let (app, id) = (&app, &id);
    let page = whole(&query, |page| async move {
        app.store().secrets(id, &page).await
    })
    .await?;
    respond::ok(&Secrets {
        secrets: page.items,
        next_cursor: page.next,
    })
}

/// What secrets can be for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecretProviders)]
pub(super) struct Providers {
    providers: Vec<SecretProviderInfo>,
}

/// The rows of the projection table: which keys a provider's secret has, and which variables they are
/// for.
#[utoipa::path(get, path = "/api/secrets/providers", tag = "secrets",
    responses((status = 200, body = Providers)),
)]
pub(super) async fn providers() -> Answer {
    let providers = secret_providers();
    respond::ok(&Providers { providers })
}

/// Writes a secret: a new one, or in the place of the one of that name.
#[utoipa::path(post, path = "/api/projects/{projectId}/secrets", tag = "secrets",
    params(("projectId" = String, Path)),
    request_body = NewSecretBody,
    responses((status = 201, body = ProjectSecret), (status = 404, body = ErrorBody)),
)]
pub(super) async fn put(
    State(app): State<App>,
    Caller(who): Caller,
    InProject(project): InProject,
    Json(body): Json<NewSecretBody>,
) -> Answer {
    respond::created(&put_secret(&app, &who, &project, body).await?, None)
}

/// Writes a secret.
pub(crate) async fn put_secret(
    app: &App,
    who: &Principal,
    project: &ProjectId,
    body: NewSecretBody,
) -> Result<ProjectSecret, Error> {
    check::name("name", &body.name)?;
    check::name("provider", &body.provider)?;
    check_keys("keyMappings", &body.key_mappings)?;
    check_keys("values", &body.values)?;
    let k8s_secret_name = body.k8s_secret_name;
    let k8s_secret_name = match k8s_secret_name {
        Some(given) => {
            check_k8s_name(&given)?;
            given
        }
        None => default_name(&body.name),
    };
    app.store().project(project).await?;
    let new = NewSecret {
        project_id: project.clone(),
        name: body.name,
        provider: body.provider,
        k8s_secret_name,
        key_mappings: body.key_mappings,
    };
    let values = body.values.into_iter();
    let values = values.map(|(key, value)| (key, SecretString::from(value)));
    let secret = app.secrets().put(new, values.collect()).await?;
    app.forget_secrets(project);
    let details = json!({ "name": secret.name, "provider": secret.provider });
    app.audit(
        who,
        "secret.put",
        Some(project),
        secret.id.as_str(),
        details,
    )
    .await;
    Ok(secret)
}

/// One secret: its names, never its values.
#[utoipa::path(get, path = "/api/projects/{projectId}/secrets/{secretId}", tag = "secrets",
    params(("projectId" = String, Path), ("secretId" = String, Path)),
    responses((status = 200, body = ProjectSecret), (status = 404, body = ErrorBody)),
)]
pub(super) async fn read(
    State(app): State<App>,
    Path((project, id)): Path<(ProjectId, SecretId)>,
) -> Answer {
    respond::ok(&app.store().secret(&project, &id).await?)
}

/// Deletes a secret.
#[utoipa::path(delete, path = "/api/projects/{projectId}/secrets/{secretId}", tag = "secrets",
    params(("projectId" = String, Path), ("secretId" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)),
)]
pub(super) async fn delete(
    State(app): State<App>,
    Caller(who): Caller,
    Path((project, id)): Path<(ProjectId, SecretId)>,
) -> Answer {
    delete_secret(&app, &who, &project, &id).await?;
    respond::nothing()
}

/// Deletes a secret.
pub(crate) async fn delete_secret(
    app: &App,
    who: &Principal,
    project: &ProjectId,
    id: &SecretId,
) -> Result<(), Error> {
    let secret = app.store().secret(project, id).await?;
    app.secrets().delete(project, id).await?;
    app.forget_secrets(project);
    let details = json!({ "name": secret.name });
    app.audit(who, "secret.delete", Some(project), id.as_str(), details)
        .await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_a_name_for_a_cluster() {
        assert_eq!(
            default_name("LLM  Anthropic"),
            "factory-secret-llm-anthropic"
        );
        assert!(check_k8s_name("factory-secret-x").is_ok());
        for bad in [
            "kube-root-ca.crt",
            "factory-secret-",
            "factory-secret-A",
            "factory-secret-x/y",
        ] {
            assert!(check_k8s_name(bad).is_err(), "{bad}");
        }
    }
}

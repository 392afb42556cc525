use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{ProjectId, SecretId, Timestamp};

/// What is known about a secret: names, never values.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectSecret {
    /// Its id.
    pub id: SecretId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// What people call it; no other secret of the project has that name.
    pub name: String,
    /// Which row of the projection table says what its keys are for.
    pub provider: String,
    /// What it is called in a cluster.
    pub k8s_secret_name: String,
    /// From the provider's logical keys to the keys of the secret.
    pub key_mappings: BTreeMap<String, String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was written last.
    pub updated_at: Timestamp,
}

/// A secret to be written, without its values: these go to the
/// [`SecretStore`](crate::secrets::SecretStore).
#[derive(Clone, Debug, PartialEq)]
pub struct NewSecret {
    /// Whose it is.
    pub project_id: ProjectId,
    /// What people call it.
    pub name: String,
    /// Which row of the projection table says what its keys are for.
    pub provider: String,
    /// What it is called in a cluster.
    pub k8s_secret_name: String,
    /// From the provider's logical keys to the keys of the secret.
    pub key_mappings: BTreeMap<String, String>,
}

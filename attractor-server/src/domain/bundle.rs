use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BundleId, ProjectId, RunId, Timestamp};

/// The only version of the bundle's form.
pub const SCHEMA_VERSION: &str = "v1";

/// The files of every bundle, beside its manifest.
///
/// Source: contract, 10.2.
pub const BUNDLE_FILES: [&str; 4] = [
    "plan.md",
    "requirements.md",
    "tasks.json",
    "acceptance-tests.md",
];

/// What a planning run has written for implementation runs to work from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpecBundle {
    /// Its id.
    pub id: BundleId,
    /// The run that wrote it.
    pub run_id: RunId,
    /// `v1`.
    pub schema_version: String,
    /// Where its manifest is in the object store.
    pub manifest_path: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What is in a bundle.
///
/// Source: contract, 10.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleManifest {
    /// `v1`.
    pub schema_version: String,
    /// Whose it is.
    pub project_id: ProjectId,
    /// The run that wrote it.
    pub source_run_id: RunId,
    /// The repository that it is about.
    pub repo: String,
    /// The branch that it is about.
    pub source_branch: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// Its files.
    pub artifacts: Vec<BundleFile>,
    /// The SHA-256 of each file by its name, in hexadecimal.
    pub checksums: BTreeMap<String, String>,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleFile {
    /// What it is called.
    pub name: String,
    /// Where its bytes are in the object store.
    pub path: String,
}

use serde::Serialize;
use utoipa::ToSchema;

use super::{AttractorId, ModelConfig, ProjectId, RepoPath, RunType, Timestamp, VersionId};

/// A pipeline of a project ("attractor"): a name, and the DOT text that it stands for, which is kept
/// here in versions or lies in the repository.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttractorDef {
    /// Its id.
    pub id: AttractorId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// What people call it; no other attractor of the project has that name.
    pub name: String,
    /// The DOT file's path in the repository; what a run reads if no content is kept here.
    pub repo_path: RepoPath,
    /// What runs of it usually are.
    pub default_run_type: RunType,
    /// What it is for.
    pub description: Option<String>,
    /// Whether runs of it may be created.
    pub active: bool,
    /// The model of runs that name none.
    pub model_config: Option<ModelConfig>,
    /// The number of the newest version that is kept here; 0 if none is.
    pub content_version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An attractor to be, or what one is to become.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAttractor {
    /// Whose it is.
    pub project_id: ProjectId,
    /// What people call it.
    pub name: String,
    /// The DOT file's path in the repository.
    pub repo_path: RepoPath,
    /// What runs of it usually are.
    pub default_run_type: RunType,
    /// What it is for.
    pub description: Option<String>,
    /// Whether runs of it may be created.
    pub active: bool,
    /// The model of runs that name none.
    pub model_config: Option<ModelConfig>,
}

/// A text that an attractor had or has, as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttractorVersion {
    /// Its id.
    pub id: VersionId,
    /// Whose it is.
    pub attractor_id: AttractorId,
    /// 1, 2, 3, …
    pub version: i64,
    /// The text's SHA-256 in hexadecimal.
    pub content_sha256: String,
    /// The text's length in bytes.
    pub size_bytes: i64,
    /// Who wrote it, if that is known.
    pub author: Option<String>,
    /// What its author says about it.
    pub message: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A text that an attractor is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttractorVersion {
    /// The DOT text.
    pub content: String,
    /// Its SHA-256 in hexadecimal.
    pub content_sha256: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// What its author says about it.
    pub message: Option<String>,
    /// The newest version that the author knew of; any if none.
    pub expected_version: Option<i64>,
}

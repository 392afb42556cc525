use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Confidential;
use crate::domain::{BranchName, BundleId, ModelConfig, ProjectId, ReachPolicy, RunId, RunType};

/// The answer to `POST claim`: everything that a runner has to know about its run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunSpecification {
    /// The run.
    pub run_id: RunId,
    /// Which attempt at it this is: 1, 2, 3, …
    pub attempt: i64,
    /// What the run is for.
    pub run_type: RunType,
    /// Whose it is.
    pub project: ProjectName,
    /// What to clone.
    pub repository: RepositorySource,
    /// Where the run begins.
    pub source_branch: BranchName,
    /// Where an implementation run pushes to.
    pub target_branch: BranchName,
    /// What to execute.
    pub attractor: AttractorSource,
    /// The model of stages that name none.
    pub model_config: ModelConfig,
    /// The bundle that an implementation run works from.
    #[serde(default)]
    pub spec_bundle: Option<BundleSource>,
    /// The run that this one repeats from a node on.
    #[serde(default)]
    pub rerun: Option<RerunSource>,
    /// The project's secrets as environment variables, for the clients of models.
    pub environment: BTreeMap<String, Confidential>,
    /// Those of them that the commands of tools and agents are given, too.
    #[serde(default)]
    pub command_variables: BTreeSet<String>,
    /// What the attempt may use.
    pub limits: RunnerLimits,
    /// How often to send a heartbeat.
    pub heartbeat_ms: u64,
    /// How long the run is kept without one.
    pub lease_ms: u64,
    /// The number of the last entry of the engine's journal that is stored; 0 if none is.
    pub journal_seq: i64,
}

/// Whose a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectName {
    /// The project.
    pub id: ProjectId,
    /// What people call it.
    pub name: String,
}

/// What to clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepositorySource {
    /// What `git clone` is given: an address without user and password, or a path.
    pub clone_url: String,
    /// The branch that no run may push to; what the remote's `HEAD` names, if none.
    #[serde(default)]
    pub default_branch: Option<BranchName>,
    /// What it may be reached by: the runner judges it right before it clones and before it pushes.
    #[serde(default)]
    pub reach: ReachPolicy,
}

/// What to execute: a text that the control plane keeps, or a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttractorSource {
    /// What people call it.
    pub name: String,
    /// The DOT file's path in the repository; pipelines that it includes are looked for beside it.
    pub repo_path: String,
    /// Which version of the kept text.
    #[serde(default)]
    pub version: Option<i64>,
    /// The SHA-256 of the text, which is to be executed and no other, in hexadecimal.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The kept text; the repository's file counts if there is none, and is told by `PUT pipeline`.
    #[serde(default)]
    pub content: Option<String>,
}

/// The bundle that an implementation run works from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundleSource {
    /// The bundle.
    pub id: BundleId,
    /// Its files; `GET bundle/{name}` has their bytes.
    pub files: Vec<BundleFileInfo>,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundleFileInfo {
    /// What it is called.
    pub name: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub size_bytes: i64,
}

/// The run that another one repeats from a node on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RerunSource {
    /// The run.
    pub run_id: RunId,
    /// The node that comes next in the repetition.
    pub node: String,
}

/// What an attempt may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunnerLimits {
    /// How long the attempt may take; one that takes longer stops and says `timeout`.
    pub run_ms: u64,
    /// The bytes of one artifact.
    pub artifact_bytes: u64,
}

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AttractorId, BranchName, BundleId, Error, ModelConfig, ProjectId, RunId, RunStatus, Timestamp,
};

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunType {
    /// It writes a specification bundle.
    Planning,
    /// It changes files, pushes a branch and opens a pull request.
    Implementation,
    /// It leaves artifacts and changes nothing.
    Task,
}

impl RunType {
    /// The word of the contract: `planning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Implementation => "implementation",
            Self::Task => "task",
        }
    }
}

impl fmt::Display for RunType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "planning" => Ok(Self::Planning),
            "implementation" => Ok(Self::Implementation),
            "task" => Ok(Self::Task),
            _ => {
                let message =
                    format!("{text:?} is no type of a run: planning, implementation or task");
                Err(Error::invalid("invalid_run_type", message))
            }
        }
    }
}

/// One execution of an attractor.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Whose it is.
    pub project_id: ProjectId,
    /// What is executed.
    pub attractor_def_id: AttractorId,
    /// What it is for.
    pub run_type: RunType,
    /// Where it begins.
    pub source_branch: BranchName,
    /// Where an implementation run writes to.
    pub target_branch: BranchName,
    /// Where it is in its life.
    pub status: RunStatus,
    /// The bundle that an implementation run works from; the one that a planning run has written.
    pub spec_bundle_id: Option<BundleId>,
    /// The pull request that it has opened or found.
    pub pr_url: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The model of stages that name none.
    pub model_config: ModelConfig,
    /// Which of the attractor's versions is executed; what lies in the repository if none.
    pub attractor_version: Option<i64>,
    /// The SHA-256 of the text that is executed: of that version's, or of the repository's once a runner
    /// has read it.
    pub attractor_sha256: Option<String>,
    /// Whether the collision rule didn't hold for it: it waits for the branch instead.
    pub force: bool,
    /// The run that it repeats from a node on.
    pub rerun_of: Option<RunId>,
    /// That node.
    pub rerun_from_node: Option<String>,
    /// How many runners it was given so far.
    pub attempt: i64,
    /// What its models have cost so far, in micro-dollars.
    pub cost_micro_usd: i64,
    /// The number of its last event.
    pub last_seq: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its first runner was given to it.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

/// The text that a run has found in its repository and executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPipeline {
    /// The DOT text.
    pub content: String,
    /// Its SHA-256 in hexadecimal.
    pub content_sha256: String,
}

/// A run to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Whose it is.
    pub project_id: ProjectId,
    /// What is to be executed.
    pub attractor_def_id: AttractorId,
    /// What it is for.
    pub run_type: RunType,
    /// Where it begins.
    pub source_branch: BranchName,
    /// Where an implementation run writes to.
    pub target_branch: BranchName,
    /// The bundle that an implementation run works from.
    pub spec_bundle_id: Option<BundleId>,
    /// The model of stages that name none.
    pub model_config: ModelConfig,
    /// Which of the attractor's versions is to be executed.
    pub attractor_version: Option<i64>,
    /// The SHA-256 of that version's text, or of the text of the run that it repeats.
    pub attractor_sha256: Option<String>,
    /// Whether it may be queued although another run works on the target branch.
    pub force: bool,
    /// The run that it repeats from a node on.
    pub rerun_of: Option<RunId>,
    /// That node.
    pub rerun_from_node: Option<String>,
}

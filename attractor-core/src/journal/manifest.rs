use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::run::BudgetLimits;

/// What a run is, apart from what happened in it: written once, before its first event.
///
/// Source: attractor-spec 5.6.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Version of the file's format.
    pub version: u32,
    /// The run.
    pub run_id: String,
    /// Name of the graph.
    pub name: String,
    /// Goal of the graph.
    pub goal: String,
    /// When the run was created, RFC 3339.
    pub started_at: String,
    /// Hash of the pipeline's source text.
    pub graph_hash: String,
    /// Directory the stages work in.
    pub workdir: String,
    /// Seed of the retry jitter.
    pub seed: u64,
    /// Keys and values the caller put into the context.
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    /// What the caller allows the run to use.
    #[serde(flatten)]
    pub limits: BudgetLimits,
    /// Where the pipeline's file is, if it has one: what it names is looked for beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The texts of the pipelines that it names, directly or not, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub includes: BTreeMap<String, String>,
    /// The branch on which the run's files are committed, in git mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_branch: Option<String>,
    /// Whatever the program that runs the pipeline wants to find again when it resumes.
    #[serde(default)]
    pub host: Map<String, Value>,
}

impl Manifest {
    /// The format this version of the crate writes.
    pub const VERSION: u32 = 1;
}

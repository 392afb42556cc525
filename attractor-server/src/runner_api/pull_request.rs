use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::BranchName;

/// The body of `POST pull-request`; its base is the project's default branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PullRequestWanted {
    /// The branch with the changes: the run's target branch.
    pub head: BranchName,
    /// What it is about, in a line.
    pub title: String,
    /// What it is about.
    pub body: String,
}

/// The answer: the pull request that was found or opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunPullRequest {
    /// Its page.
    pub pr_url: String,
    /// Its number.
    pub number: i64,
}

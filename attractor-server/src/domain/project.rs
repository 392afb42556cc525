use serde::Serialize;
use utoipa::ToSchema;

use super::{BranchName, Namespace, ProjectId, Repository, Timestamp};

/// Some pipelines, the repository that they work on, and the secrets that they may use.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What people call it: 2 to 80 characters.
    pub name: String,
    /// Where its secrets and runs live; no other project has it.
    pub namespace: Namespace,
    /// The GitHub App's installation that may reach the repository.
    pub github_installation_id: Option<String>,
    /// `owner/name`, of a repository on GitHub.
    pub repo_full_name: Option<String>,
    /// The repository, wherever it is: `owner/name`, an address or a path.
    #[schema(value_type = Option<String>, example = "strongdm/attractor")]
    pub repository: Option<Repository>,
    /// The branch that pull requests go to and that no run may write to.
    pub default_branch: Option<BranchName>,
    /// How many of its runs may be executed at a time; the server's setting if none.
    pub concurrency_limit: Option<u32>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A project to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewProject {
    /// What people call it: 2 to 80 characters.
    pub name: String,
    /// Where its secrets and runs live.
    pub namespace: Namespace,
}

/// What is to be different about a project; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectChange {
    /// What people call it.
    pub name: Option<String>,
    /// The GitHub App's installation; `Some(None)` takes it away.
    pub github_installation_id: Option<Option<String>>,
    /// The repository.
    pub repository: Option<Option<Repository>>,
    /// The branch that no run may write to.
    pub default_branch: Option<Option<BranchName>>,
    /// How many of its runs may be executed at a time.
    pub concurrency_limit: Option<Option<u32>>,
}

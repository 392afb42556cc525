use async_trait::async_trait;

use super::{
    Forge, ForgeRepository, GitCredential, GitHubForge, NewPullRequest, PlainGitForge, PullRequest,
};
use crate::domain::{BranchName, Error, Project, Repository};
use crate::secrets::SecretEnvironment;

/// All forges: each question goes to the one where the project's repository is.
#[derive(Debug)]
pub struct Forges {
    github: GitHubForge,
    plain: PlainGitForge,
}

impl Forges {
    /// GitHub, and plain git for all else.
    pub fn new(github: GitHubForge) -> Self {
        Self {
            github,
            plain: PlainGitForge,
        }
    }

    /// GitHub itself, for what no other forge has.
    pub fn github(&self) -> &GitHubForge {
        &self.github
    }

    fn at(&self, repository: Option<&Repository>) -> &dyn Forge {
        match repository {
            Some(Repository::Remote(_) | Repository::Local(_)) => &self.plain,
            Some(Repository::GitHub { .. }) | None => &self.github,
        }
    }

    fn of(&self, project: &Project) -> &dyn Forge {
        self.at(project.repository.as_ref())
    }
}

#[async_trait]
impl Forge for Forges {
    fn clone_url(&self, repository: &Repository) -> String {
        self.at(Some(repository)).clone_url(repository)
    }

    async fn credential(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<GitCredential>, Error> {
        self.of(project).credential(project, secrets).await
    }

    async fn default_branch(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<BranchName>, Error> {
        self.of(project).default_branch(project, secrets).await
    }

    async fn is_protected(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        branch: &BranchName,
    ) -> Result<bool, Error> {
        self.of(project)
            .is_protected(project, secrets, branch)
            .await
    }

    async fn find_or_create_pull_request(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        new: NewPullRequest,
    ) -> Result<Option<PullRequest>, Error> {
        let forge = self.of(project);
        forge
            .find_or_create_pull_request(project, secrets, new)
            .await
    }

    /// A project chooses its repository from this list, so it may have none yet, or another.
    async fn repositories(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Vec<ForgeRepository>, Error> {
        self.github.repositories(project, secrets).await
    }
}

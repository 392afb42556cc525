use async_trait::async_trait;
use secrecy::ExposeSecret as _;

use super::{Forge, ForgeRepository, GitCredential, NewPullRequest, PullRequest};
use crate::domain::{BranchName, Error, ErrorKind, Project, Repository};
use crate::secrets::SecretEnvironment;

/// Any git remote, also one on this machine: it's cloned and pushed to, and has no pull requests.
///
/// Over HTTPS git signs in with the project's secret of the provider `git`. Over SSH it uses what the
/// machine is set up with.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainGitForge;

#[async_trait]
impl Forge for PlainGitForge {
    fn clone_url(&self, repository: &Repository) -> String {
        repository.clone_url()
    }

    async fn credential(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<GitCredential>, Error> {
        let is_over_http = matches!(
            &project.repository,
            Some(Repository::Remote(url)) if matches!(url.scheme(), "https" | "http")
        );
        let Some(password) = secrets.get("GIT_PASSWORD").filter(|_| is_over_http) else {
            return Ok(None);
        };
        let username = secrets.get("GIT_USERNAME");
        Ok(Some(GitCredential {
            // What forges that look at the token only take as a name.
            username: username.map_or_else(|| "git".to_owned(), |it| it.expose_secret().to_owned()),
            password: password.clone(),
        }))
    }

    async fn default_branch(
        &self,
        _project: &Project,
        _secrets: &SecretEnvironment,
    ) -> Result<Option<BranchName>, Error> {
        Ok(None)
    }

    async fn is_protected(
        &self,
        _project: &Project,
        _secrets: &SecretEnvironment,
        _branch: &BranchName,
    ) -> Result<bool, Error> {
        Ok(false)
    }

    async fn find_or_create_pull_request(
        &self,
        _project: &Project,
        _secrets: &SecretEnvironment,
        _new: NewPullRequest,
    ) -> Result<Option<PullRequest>, Error> {
        Ok(None)
    }

    async fn repositories(
        &self,
        _project: &Project,
        _secrets: &SecretEnvironment,
    ) -> Result<Vec<ForgeRepository>, Error> {
        let message = "a plain git remote has no installation that lists repositories";
        Err(Error::new(ErrorKind::NotFound, "no_installation", message))
    }
}

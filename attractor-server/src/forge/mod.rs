//! Where repositories live and pull requests are made.

mod forges;
mod github;
mod limits;
mod plain;
mod reach;
mod state;
mod transport;

pub use self::forges::Forges;
pub use self::github::{GitHubApp, GitHubForge, GitHubOptions};
pub use self::plain::PlainGitForge;
pub use self::reach::Reached;
pub use self::state::CallbackState;

use std::fmt::Debug;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{BranchName, Error, Project, Repository};
use crate::secrets::SecretEnvironment;

/// A name and a password for git over HTTPS, for a short time.
#[derive(Clone, Debug)]
pub struct GitCredential {
    /// The user name.
    pub username: String,
    /// The password: a token.
    pub password: SecretString,
}

/// A repository that an installation of the GitHub App may reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForgeRepository {
    /// The forge's own number of it.
    pub id: i64,
    /// `owner/name`.
    pub full_name: String,
    /// Its default branch.
    pub default_branch: String,
    /// Whether it can be seen by few.
    pub private: bool,
}

/// A pull request to be found or opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPullRequest {
    /// The branch with the changes.
    pub head: BranchName,
    /// The branch that they are for.
    pub base: BranchName,
    /// What it is about, in a line.
    pub title: String,
    /// What it is about.
    pub body: String,
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    /// Its number.
    pub number: i64,
    /// Its page.
    pub url: String,
}

/// What the control plane asks of the place where a project's repository is.
///
/// `secrets` are the project's secrets that are for the forge and not for its runs
/// ([`SecretStore::forge_environment`](crate::secrets::SecretStore::forge_environment)): its own token,
/// or the name and the password of a git remote.
#[async_trait]
pub trait Forge: Debug + Send + Sync + 'static {
    /// What `git clone` is given.
    fn clone_url(&self, repository: &Repository) -> String;

    /// What git signs in with to clone and push, if it has to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream) if the forge refuses or fails.
    async fn credential(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<GitCredential>, Error>;

    /// The branch that pull requests go to by default, if the forge knows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::domain::ErrorKind::Invalid) with the code `repository_not_found` if
    /// the forge shows no such repository, [`Upstream`](crate::domain::ErrorKind::Upstream).
    async fn default_branch(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<BranchName>, Error>;

    /// Whether the forge protects a branch; one that isn't there yet is not protected.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream).
    async fn is_protected(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        branch: &BranchName,
    ) -> Result<bool, Error>;

    /// The open pull request of that head and base, or a new one; `None` where there are no pull
    /// requests.
    ///
    /// # Behavior
    ///
    /// - Called again, also after a crash in the midst of it, it finds what the first call has opened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream).
    async fn find_or_create_pull_request(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        new: NewPullRequest,
    ) -> Result<Option<PullRequest>, Error>;

    /// The repositories that the project's installation may reach, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound) without an installation,
    /// [`Conflict`](crate::domain::ErrorKind::Conflict) with the code `no_github_app` if the server has no
    /// App, [`Upstream`](crate::domain::ErrorKind::Upstream).
    async fn repositories(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Vec<ForgeRepository>, Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn Forge> = None;

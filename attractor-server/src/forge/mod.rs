//! Where repositories live and pull requests are made.

use std::fmt::Debug;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{BranchName, Error, Project};

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
#[async_trait]
pub trait Forge: Debug + Send + Sync + 'static {
    /// What git signs in with to clone and push, if it has to; `token` is the one that the project has
    /// as a secret.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream) if the forge refuses or fails.
    async fn credential(
        &self,
        project: &Project,
        token: Option<&SecretString>,
    ) -> Result<Option<GitCredential>, Error>;

    /// The branch that pull requests go to by default.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream).
    async fn default_branch(
        &self,
        project: &Project,
        token: Option<&SecretString>,
    ) -> Result<Option<BranchName>, Error>;

    /// The open pull request of that head and base, or a new one; `None` where there are no pull
    /// requests.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream).
    async fn find_or_create_pull_request(
        &self,
        project: &Project,
        token: Option<&SecretString>,
        new: NewPullRequest,
    ) -> Result<Option<PullRequest>, Error>;

    /// The repositories that the project's installation may reach, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::domain::ErrorKind::NotFound) without an installation,
    /// [`ErrorKind::Upstream`](crate::domain::ErrorKind::Upstream).
    async fn repositories(&self, project: &Project) -> Result<Vec<ForgeRepository>, Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn Forge> = None;

//! GitHub, at github.com or on a server of one's own.

mod app;
mod client;
mod pull_request;
mod retry;
mod tokens;

pub use self::app::GitHubApp;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use self::client::{Client, read, refused};
use self::tokens::{Purpose, Tokens};
use super::limits::{BACKOFF, PAGE, PAGES};
use super::transport::Answer;
use super::{Forge, ForgeRepository, GitCredential, NewPullRequest, PullRequest};
use crate::domain::{BranchName, Clock, Error, ErrorKind, Project, Repository};
use crate::secrets::SecretEnvironment;

/// Where GitHub is, and what the server signs in with there.
#[derive(Clone, Debug)]
pub struct GitHubOptions {
    /// Where its API is; `https://HOST/api/v3` on a server of one's own.
    pub api_url: String,
    /// Where its pages and repositories are.
    pub web_url: String,
    /// The server's App, if it has one.
    pub app: Option<Arc<GitHubApp>>,
    /// How long is waited before a request that failed is sent again; twice as long each time.
    pub backoff: Duration,
}

impl Default for GitHubOptions {
    fn default() -> Self {
        Self {
            api_url: "https://api.github.com".to_owned(),
            web_url: "https://github.com".to_owned(),
            app: None,
            backoff: BACKOFF,
        }
    }
}

/// GitHub as a forge.
///
/// It signs in as the App, for a project that has an installation of it: with a token for the project's
/// repository only, and no more permissions than it takes to push and to open pull requests. Otherwise
/// with the project's own token (`GITHUB_TOKEN`), or not at all. A project with an App of its own
/// (`GITHUB_APP_ID`, `GITHUB_APP_PRIVATE_KEY`) uses that.
#[derive(Debug)]
pub struct GitHubForge {
    client: Client,
    clock: Arc<dyn Clock>,
    web_url: Url,
    app: Option<Arc<GitHubApp>>,
    tokens: Tokens,
}

/// What signs in.
struct Access {
    token: Option<SecretString>,
    /// What to forget when GitHub no longer takes it.
    purpose: Option<Purpose>,
}

#[derive(Deserialize)]
struct WireRepository {
    id: i64,
    full_name: String,
    default_branch: Option<String>,
    private: bool,
}

#[derive(Deserialize)]
struct WireRepositories {
    repositories: Vec<WireRepository>,
}

#[derive(Deserialize)]
struct WireBranch {
    protected: bool,
}

impl GitHubForge {
    /// GitHub by these options.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] with the code `invalid_forge_url`.
    pub fn new(options: GitHubOptions, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let client = Client::new(
            address(&options.api_url)?,
            Arc::clone(&clock),
            options.backoff,
        )?;
        Ok(Self {
            client,
            clock,
            web_url: address(&options.web_url)?,
            app: options.app,
            tokens: Tokens::default(),
        })
    }

    /// Where a person installs the server's App; it comes back with the state. `None` if there is no App,
    /// or it has no slug.
    pub fn installation_url(&self, state: &str) -> Option<String> {
        let slug = self.app.as_ref()?.slug()?;
        let mut url = self.web_url.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["apps", slug, "installations", "new"]);
        url.query_pairs_mut().append_pair("state", state);
        Some(url.into())
    }

    /// The project's App, or the server's.
    fn app(&self, secrets: &SecretEnvironment) -> Result<Option<Arc<GitHubApp>>, Error> {
        match (
            secrets.get("GITHUB_APP_ID"),
            secrets.get("GITHUB_APP_PRIVATE_KEY"),
        ) {
            (Some(id), Some(key)) => {
                let app = GitHubApp::new(id.expose_secret().trim(), key)?;
                Ok(Some(Arc::new(app)))
            }
            _ => Ok(self.app.clone()),
        }
    }

    async fn access(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        repository: Option<&str>,
    ) -> Result<Access, Error> {
        let (Some(app), Some(installation)) = (self.app(secrets)?, &project.github_installation_id)
        else {
            return Ok(Access {
                token: secrets.get("GITHUB_TOKEN").cloned(),
                purpose: None,
            });
        };
        let purpose = Purpose {
            app: app.id().to_owned(),
            installation: installation.clone(),
            repository: repository.map(str::to_owned),
        };
        let now = self.clock.now();
        let token = self.tokens.token(&self.client, &app, &purpose, now).await?;
        Ok(Access {
            token: Some(token),
            purpose: Some(purpose),
        })
    }

    /// Reads with the project's access; with a new token if GitHub no longer takes the one that was known.
    async fn read_as(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        repository: Option<&str>,
        (path, query): (&[&str], &[(&str, &str)]),
    ) -> Result<(Answer, Option<SecretString>), Error> {
        let access = self.access(project, secrets, repository).await?;
        let answer = self.client.get(path, query, access.token.as_ref()).await?;
        let Some(purpose) = access.purpose.filter(|_| answer.status == 401) else {
            return Ok((answer, access.token));
        };
        self.tokens.forget(&purpose);
        let access = self.access(project, secrets, repository).await?;
        let answer = self.client.get(path, query, access.token.as_ref()).await?;
        Ok((answer, access.token))
    }
}

/// An address of the configuration.
fn address(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).ok().filter(|url| {
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none();
        matches!(url.scheme(), "https" | "http") && is_plain
    });
    url.ok_or_else(|| {
        let message =
            "GitHub's address must begin with https:// and have neither user name nor query in it";
        Error::invalid("invalid_forge_url", message)
    })
}

/// Owner and name of the project's repository.
fn name(project: &Project) -> Result<(&str, &str), Error> {
    match &project.repository {
        Some(Repository::GitHub { owner, name }) => Ok((owner, name)),
        _ => {
            let message = "the project has no repository on GitHub: connect one";
            Err(Error::conflict("no_repository", message))
        }
    }
}

#[async_trait]
impl Forge for GitHubForge {
    fn clone_url(&self, repository: &Repository) -> String {
        let Repository::GitHub { owner, name } = repository else {
            return repository.clone_url();
        };
        let base = self.web_url.as_str().trim_end_matches('/');
        format!("{base}/{owner}/{name}.git")
    }

    async fn credential(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<GitCredential>, Error> {
        let (_, repository) = name(project)?;
        let access = self.access(project, secrets, Some(repository)).await?;
        Ok(access.token.map(|password| GitCredential {
            username: "x-access-token".to_owned(),
            password,
        }))
    }

    async fn default_branch(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Option<BranchName>, Error> {
        let (owner, repository) = name(project)?;
        let ask = (&["repos", owner, repository][..], &[][..]);
        let (answer, token) = self
            .read_as(project, secrets, Some(repository), ask)
            .await?;
        match answer.status {
            200 => {
                let found: WireRepository = read(&answer)?;
                found.default_branch.map(BranchName::try_from).transpose()
            }
            404 => {
                let message = format!(
                    "GitHub shows no repository {owner}/{}: check the name, and whether the App or the token may see it",
                    repository
                );
                Err(Error::invalid("repository_not_found", message))
            }
            _ => Err(refused("show the repository", &answer, token.as_ref())),
        }
    }

    async fn is_protected(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        branch: &BranchName,
    ) -> Result<bool, Error> {
        let (owner, repository) = name(project)?;
        let path = ["repos", owner, repository, "branches", branch.as_str()];
        let ask = (&path[..], &[][..]);
        let (answer, token) = self
            .read_as(project, secrets, Some(repository), ask)
            .await?;
        match answer.status {
            200 => Ok(read::<WireBranch>(&answer)?.protected),
            404 => Ok(false),
            _ => Err(refused("show the branch", &answer, token.as_ref())),
        }
    }

    async fn find_or_create_pull_request(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
        new: NewPullRequest,
    ) -> Result<Option<PullRequest>, Error> {
        let name = name(project)?;
        let access = self.access(project, secrets, Some(name.1)).await?;
        let token = access.token.as_ref();
        let made = pull_request::find_or_create(&self.client, name, token, &new).await;
        match (made, access.purpose) {
            (Err(error), Some(purpose)) if error.code() == "forge_unauthenticated" => {
                self.tokens.forget(&purpose);
                let access = self.access(project, secrets, Some(name.1)).await?;
                let token = access.token.as_ref();
                pull_request::find_or_create(&self.client, name, token, &new)
                    .await
                    .map(Some)
            }
            (made, _) => made.map(Some),
        }
    }

    async fn repositories(
        &self,
        project: &Project,
        secrets: &SecretEnvironment,
    ) -> Result<Vec<ForgeRepository>, Error> {
        if self.app(secrets)?.is_none() {
            let message = "the server has no GitHub App: configure one, or name the repository";
            return Err(Error::conflict("no_github_app", message));
        }
        if project.github_installation_id.is_none() {
            let message = "the GitHub App isn't installed for the project";
            return Err(Error::new(ErrorKind::NotFound, "no_installation", message));
        }
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let (size, page) = (PAGE.to_string(), page.to_string());
            let query = [("per_page", size.as_str()), ("page", page.as_str())];
            let ask = (&["installation", "repositories"][..], &query[..]);
            let (answer, token) = self.read_as(project, secrets, None, ask).await?;
            if answer.status != 200 {
                return Err(refused("list the repositories", &answer, token.as_ref()));
            }
            let found: WireRepositories = read(&answer)?;
            let is_last = found.repositories.len() < PAGE;
            all.extend(found.repositories.into_iter().map(ForgeRepository::from));
            if is_last {
                break;
            }
        }
        all.sort_by(|one, other| one.full_name.cmp(&other.full_name));
        Ok(all)
    }
}

impl From<WireRepository> for ForgeRepository {
    fn from(repository: WireRepository) -> Self {
        Self {
            id: repository.id,
            full_name: repository.full_name,
            default_branch: repository
                .default_branch
                .unwrap_or_else(|| "main".to_owned()),
            private: repository.private,
        }
    }
}
